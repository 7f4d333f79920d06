import { parseArgs } from "node:util";
import { badInput } from "../command-failed.ts";

/** All options; every command accepts each of them. */
const options = {
  api: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  ca: { type: "string" },
  home: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  yes: { type: "boolean", short: "y" },
  reason: { type: "string", short: "r" },
  as: { type: "string" },
  kes: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  kind: { type: "string" },
  limit: { type: "string" },
  status: { type: "string" },
  order: { type: "string" },
  all: { type: "boolean" },
  raw: { type: "boolean" },
  head: { type: "string" },
  shortcode: { type: "string" },
  account: { type: "string" },
  state: { type: "string" },
  reference: { type: "string" },
  despite: { type: "string" },
} as const;

export type Values = {
  readonly [Name in keyof typeof options]?: (typeof options)[Name]["type"] extends "boolean"
    ? boolean
    : string;
};

export type Arguments = {
  readonly command: string | null;
  readonly positionals: readonly string[];
  readonly values: Values;
};

const seeHelp = "See `satsctl --help`.";

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
    throw badInput("arguments_invalid", `${message ?? "?"}. ${seeHelp}`);
  }
}

/** A required positional argument; `name` describes it in errors. */
export function positional(args: Arguments, index: number, name: string): string {
  const value = args.positionals[index];
  if (value === undefined) throw badInput("argument_missing", `Missing: ${name}. ${seeHelp}`);
  return value;
}

/** Refuses more positional arguments than `count`. */
export function atMost(args: Arguments, count: number): void {
  const extra = args.positionals[count];
  if (extra !== undefined)
    throw badInput("arguments_invalid", `Unexpected argument “${extra.slice(0, 40)}”. ${seeHelp}`);
}

/** `--reason`, which the log keeps. */
export function reasonOf(args: Arguments): string {
  const reason = args.values.reason?.trim() ?? "";
  if (reason.length < 3)
    throw badInput(
      "argument_missing",
      'Say why, for the log: --reason "…" (3 characters or more).',
    );
  return reason;
}

/** `--limit`, from 1 to `max`. */
export function limitOf(args: Arguments, fallback: number, max: number): number {
  const { limit } = args.values;
  if (limit === undefined) return fallback;
  const count = /^\d{1,4}$/u.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > max)
    throw badInput("arguments_invalid", `--limit takes a number from 1 to ${max}.`);
  return count;
}

/** A time: RFC 3339, or “2026-11-30 14:05” in Nairobi. @returns RFC 3339 */
export function timeOf(text: string, option: string): string {
  const local = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?$/u.exec(text.trim());
  const at = new Date(
    local === null ? text : `${local[1]}T${local[2] ?? "00:00"}${local[3] ?? ":00"}+03:00`,
  );
  if (Number.isNaN(at.getTime()))
    throw badInput(
      "arguments_invalid",
      `${option} takes a time in Nairobi such as "2026-11-30 14:05", or RFC 3339.`,
    );
  return at.toISOString();
}
