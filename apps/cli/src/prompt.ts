import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

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
