import process from "node:process";
import { readArguments } from "./arguments.ts";
import type { Context } from "./context.ts";
import { balance } from "./commands/balance.ts";
import { create, restore } from "./commands/create.ts";
import { buy, sell } from "./commands/buy-sell.ts";
import { history } from "./commands/history.ts";
import { info } from "./commands/info.ts";
import { limits, price, prove } from "./commands/price.ts";
import { receive } from "./commands/receive.ts";
import { resume } from "./commands/resume.ts";
import { send } from "./commands/send.ts";
import { badInput, CommandFailed } from "./command-failed.ts";
import { help } from "./help.ts";
import { openOutput } from "./output.ts";

const commands: Readonly<Record<string, (context: Context) => Promise<void>>> = {
  create,
  restore,
  balance,
  buy,
  sell,
  send,
  receive,
  history,
  info,
  limits,
  price,
  prove,
  resume,
};

async function main(argv: readonly string[]): Promise<number> {
  const now = (): number => Date.now();
  let json = argv.includes("--json");
  try {
    const args = readArguments(argv);
    json = args.values.json === true;
    const { command } = args;
    if (args.values.help === true || command === null) {
      process.stdout.write(help);
      return args.values.help === true ? 0 : 2;
    }
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (run === undefined) {
      throw badInput(
        "command_unknown",
        `Unknown command “${command.slice(0, 40)}”. See \`npm run wallet -- --help\`.`,
      );
    }
    await run({ args, output: openOutput(json, now), now });
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const { code, message, exitCode } = error;
    if (json) process.stdout.write(`${JSON.stringify({ type: "error", code, message })}\n`);
    else process.stderr.write(`${message}\n`);
    return exitCode;
  }
}

process.exitCode = await main(process.argv.slice(2));
