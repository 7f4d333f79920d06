import { randomUUID } from "node:crypto";
import { normalizeMsisdn } from "@satsconnect/contracts";
import type { SwitchChange } from "@satsconnect/contracts/admin";
import { badInput } from "../command-failed.ts";
import { atMost, limitOf, positional, reasonOf } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { table, when } from "./table.ts";

const usage =
  'satsctl switches [changes | set NAME [SUBJECT] VALUE --reason "…" | clear NAME [SUBJECT] --reason "…"]';

/** Lists the switches, changes one, or shows the history of changes. */
export async function switches(context: Context): Promise<void> {
  const [verb] = context.args.positionals;
  switch (verb) {
    case undefined:
      return list(context);
    case "changes":
      return changes(context);
    case "set":
    case "clear":
      return change(context, verb);
    default:
      throw badInput("command_unknown", usage);
  }
}

async function list(context: Context): Promise<void> {
  const { client, print } = context;
  const found = valueOf(context, await client("listSwitches"));
  const kinds = found.kinds.map(({ name, subject, subjects, value }) => [
    name,
    subject === "none" ? "" : subjects.length === 0 ? subject : subjects.join(" | "),
    value === null ? "on" : `${value.min} … ${value.max}`,
  ]);
  const inForce =
    found.inForce.length === 0
      ? "No switch is set: everything is as configured."
      : `In force:\n${changeTable(found.inForce)}`;
  print(`${inForce}\n\nEvery switch:\n${table(["name", "subject", "value"], kinds)}`, found);
}

async function changes(context: Context): Promise<void> {
  const { args, client, print } = context;
  atMost(args, 1);
  const page = valueOf(
    context,
    await client("listSwitchChanges", { query: { limit: limitOf(args, 50, 200) } }),
  );
  print(page.changes.length === 0 ? "No changes." : changeTable(page.changes), page);
}

async function change(context: Context, verb: "set" | "clear"): Promise<void> {
  const { args, client, print } = context;
  const name = positional(args, 1, "the name of a switch");
  const rest = args.positionals.slice(2);
  const value = verb === "clear" ? null : (rest.pop() ?? null);
  if (verb === "set" && value === null) throw badInput("argument_missing", usage);
  if (rest.length > 1) throw badInput("arguments_invalid", usage);
  const subject = name === "stop_phone" ? phone(rest[0] ?? "") : (rest[0] ?? "");
  const reason = reasonOf(args);
  const changed = valueOf(
    context,
    await client("changeSwitch", {
      body: { id: randomUUID(), name, subject, value, reason },
    }),
  );
  const what = subject === "" ? name : `${name} ${subject}`;
  print(
    changed.act.status === "waiting"
      ? `${what} waits for a second person, who approves it in the console: act ${changed.act.id}.`
      : value === null
        ? `${what} is cleared: it is as configured again.`
        : `${what} is ${value}. It is in force here now, and in every process within seconds.`,
    changed,
  );
}

function phone(text: string): string {
  const msisdn = normalizeMsisdn(text);
  if (!msisdn.ok) throw badInput("arguments_invalid", msisdn.error.message);
  return msisdn.value;
}

function changeTable(rows: readonly SwitchChange[]): string {
  return table(
    ["changed", "switch", "subject", "value", "by", "reason"],
    rows.map(({ at, name, subject, value, by, reason }) => [
      when(at) ?? "",
      name,
      subject,
      value ?? "(cleared)",
      by,
      reason,
    ]),
  );
}
