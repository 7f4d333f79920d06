import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Arguments } from "./arguments.ts";
import { CommandFailed } from "./command-failed.ts";

/** True if standard input and output are a terminal. */
export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Asks for a line of input. A secret is not echoed. */
export async function ask(question: string, secret = false): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({
    input: process.stdin,
    output: secret ? silent : process.stderr,
    terminal: process.stdin.isTTY,
  });
  try {
    const [line] = (await Promise.race([
      once(lines, "line"),
      once(lines, "close").then(() => [""]),
    ])) as [string];
    return line;
  } finally {
    lines.close();
    if (secret) process.stderr.write("\n");
  }
}

/** Asks for confirmation in a terminal, unless `--yes` was given. @throws CommandFailed when the person declines */
export async function confirmPayment(args: Arguments): Promise<void> {
  if (args.values.yes === true || !isInteractive()) return;
  const answer = await ask("Pay this? (y/n) ");
  if (!/^y(es)?$/iu.test(answer.trim()))
    throw new CommandFailed("declined", "Cancelled. Nothing was paid.");
}
