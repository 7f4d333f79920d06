import { parseArgs } from "node:util";
import { badInput } from "./command-failed.ts";

/** All options; every command accepts each of them. */
const options = {
  home: { type: "string" },
  wallet: { type: "string", short: "w" },
  api: { type: "string" },
  esplora: { type: "string" },
  watchtower: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  "no-passphrase": { type: "boolean" },
  phone: { type: "string", short: "p" },
  sat: { type: "boolean" },
  amount: { type: "string" },
  note: { type: "string" },
  words: { type: "string" },
  yes: { type: "boolean", short: "y" },
  accept: { type: "boolean" },
  wait: { type: "string" },
  limit: { type: "string" },
} as const;

export type Arguments = {
  readonly command: string | null;
  readonly positionals: readonly string[];
  readonly values: Readonly<{
    home?: string;
    wallet?: string;
    api?: string;
    esplora?: string;
    watchtower?: string;
    json?: boolean;
    help?: boolean;
    "no-passphrase"?: boolean;
    phone?: string;
    sat?: boolean;
    amount?: string;
    note?: string;
    words?: string;
    yes?: boolean;
    accept?: boolean;
    wait?: string;
    limit?: string;
  }>;
};

/** @throws CommandFailed with exit code 2 for an unknown option or a missing value */
export function readArguments(argv: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
    });
    const [command = null, ...rest] = positionals;
    return { command, positionals: rest, values };
  } catch (error) {
    const message = error instanceof Error ? error.message.split(". ")[0] : "?";
    throw badInput("arguments_invalid", `${message ?? "?"}. See \`npm run wallet -- --help\`.`);
  }
}

/** The single positional argument of a command; `name` describes it in errors. */
export function onePositional(args: Arguments, name: string): string {
  const [first, ...others] = args.positionals;
  if (first === undefined)
    throw badInput(
      "argument_missing",
      `Missing argument: ${name}. See \`npm run wallet -- --help\`.`,
    );
  if (others.length > 0) {
    throw badInput("arguments_invalid", `Too many arguments: expected only ${name}.`);
  }
  return first;
}

export function noPositionals(args: Arguments): void {
  if (args.positionals.length > 0) {
    throw badInput(
      "arguments_invalid",
      `\`${String(args.command)}\` takes no arguments, but got “${args.positionals.join(" ").slice(0, 80)}”.`,
    );
  }
}

/** Seconds from `--wait`, or the default. 0 means not to wait. */
export function waitSeconds(args: Arguments, defaultSeconds: number): number {
  const { wait } = args.values;
  if (wait === undefined) return defaultSeconds;
  if (!/^\d{1,6}$/u.test(wait)) {
    throw badInput("arguments_invalid", "--wait takes a number of seconds, for example --wait 60.");
  }
  return Number(wait);
}
