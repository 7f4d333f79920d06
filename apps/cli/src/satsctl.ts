#!/usr/bin/env node
import process from "node:process";
import { CommandFailed, badInput } from "./command-failed.ts";
import { act, acts, approve, decline } from "./satsctl/acts.ts";
import { alarms } from "./satsctl/alarms.ts";
import { readArguments } from "./satsctl/arguments.ts";
import { books } from "./satsctl/books.ts";
import { closeDay } from "./satsctl/close-day.ts";
import { connect } from "./satsctl/connection.ts";
import { createContext } from "./satsctl/context.ts";
import type { Context } from "./satsctl/context.ts";
import { cases, find } from "./satsctl/find.ts";
import { help } from "./satsctl/help.ts";
import { log } from "./satsctl/log.ts";
import { operators, whoami } from "./satsctl/operators.ts";
import { order } from "./satsctl/order.ts";
import { statement } from "./satsctl/statement.ts";
import { switches } from "./satsctl/switches.ts";

const commands: Readonly<Record<string, (context: Context) => Promise<void>>> = {
  find,
  cases,
  order,
  act,
  acts,
  approve,
  decline,
  log,
  switches,
  alarms,
  operators,
  whoami,
  books,
  statement,
  close: closeDay,
};

async function main(argv: readonly string[]): Promise<number> {
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
    if (run === undefined)
      throw badInput(
        "command_unknown",
        `Unknown command “${command.slice(0, 40)}”. See \`satsctl --help\`.`,
      );
    await run(createContext(args, connect(args.values)));
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
