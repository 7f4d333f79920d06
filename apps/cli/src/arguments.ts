import { parseArgs } from "node:util";
import { badInput } from "./command-failed.ts";

/** What may follow a command, by its name. */
const options = {
  home: { type: "string" },
  wallet: { type: "string", short: "w" },
  api: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  "no-passphrase": { type: "boolean" },
  phone: { type: "string", short: "p" },
  sat: { type: "boolean" },
  amount: { type: "string" },
  note: { type: "string" },
  words: { type: "string" },
  yes: { type: "boolean", short: "y" },
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
    json?: boolean;
    help?: boolean;
    "no-passphrase"?: boolean;
    phone?: string;
    sat?: boolean;
    amount?: string;
    note?: string;
    words?: string;
    yes?: boolean;
    wait?: string;
    limit?: string;
  }>;
};

/** @throws CommandFailed (exit code 2) for an option that there is none of. */
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

/** The one positional argument that a command takes. */
export function onePositional(args: Arguments, what: string): string {
  const [first, ...others] = args.positionals;
  if (first === undefined) throw badInput("argument_missing", `Say ${what}.`);
  if (others.length > 0) {
    throw badInput("arguments_invalid", `Only one thing is expected here: ${what}.`);
  }
  return first;
}

export function noPositionals(args: Arguments): void {
  if (args.positionals.length > 0) {
    throw badInput(
      "arguments_invalid",
      `“${args.positionals.join(" ").slice(0, 80)}” is not expected after \`${String(args.command)}\`.`,
    );
  }
}

/** Seconds to wait, as `--wait` says; 0 means not at all. */
export function waitSeconds(args: Arguments, standard: number): number {
  const { wait } = args.values;
  if (wait === undefined) return standard;
  if (!/^\d{1,6}$/u.test(wait)) {
    throw badInput("arguments_invalid", "--wait takes a number of seconds.");
  }
  return Number(wait);
}
