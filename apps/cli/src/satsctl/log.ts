import { badInput, CommandFailed } from "../command-failed.ts";
import { atMost, limitOf } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { table, when } from "./table.ts";
import type { LogHead } from "./verify-log.ts";

const pageSize = 500;

/** Shows the newest entries of the log, or with `verify` checks all of it. */
export async function log(context: Context): Promise<void> {
  const { args, client, print } = context;
  const [verb] = args.positionals;
  atMost(args, 1);
  if (verb === "verify") return verify(context);
  if (verb !== undefined) throw badInput("command_unknown", "satsctl log [verify]");
  const page = valueOf(
    context,
    await client("readLog", { query: { limit: limitOf(args, 30, pageSize), newestFirst: "true" } }),
  );
  print(
    page.entries.length === 0
      ? "The log is empty."
      : table(
          ["number", "time", "step", "by", "via", "act", "what"],
          page.entries.map((entry) => [
            String(entry.number),
            when(entry.at) ?? "",
            entry.step,
            entry.operator?.name ?? "system",
            entry.via,
            entry.actId,
            describe(entry.body),
          ]),
        ),
    page,
  );
}

async function verify(context: Context): Promise<void> {
  const { args, client, print } = context;
  // Only this command needs the library that checks signatures, which takes long to load.
  const { createLogChecker } = await import("./verify-log.ts");
  const checker = createLogChecker(headOf(args.values.head));
  for (let after = 0; ;) {
    const { entries, last } = valueOf(
      context,
      await client("readLog", { query: { after, limit: pageSize } }),
    );
    for (const entry of entries) await checker.add(entry);
    after = entries.at(-1)?.number ?? last;
    if (entries.length === 0 || after >= last) break;
  }
  const result = checker.result();
  const head = `${result.head.number}:${result.head.hash}`;
  if (result.problems.length > 0) {
    throw new CommandFailed(
      "log_not_intact",
      `The log is NOT intact:\n${result.problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
  }
  print(
    `The log is intact: ${result.entries} entries, ${result.approvals} approvals with valid signatures.\nWrite its head down where the machine cannot change it, and check the next time with\n  satsctl log verify --head ${head}`,
    result,
  );
}

function headOf(text: string | undefined): LogHead | null {
  if (text === undefined) return null;
  const [, number, hash] = /^(\d{1,12}):([0-9a-f]{64})$/u.exec(text) ?? [];
  if (number === undefined || hash === undefined)
    throw badInput("arguments_invalid", "--head takes what `satsctl log verify` printed.");
  return { number: Number(number), hash };
}

/** One line about an entry: its act or its outcome. */
function describe(body: string): string {
  const value = JSON.parse(body) as {
    readonly act?: { readonly type: string };
    readonly reason?: string;
    readonly code?: string;
    readonly message?: string;
    readonly label?: string;
  };
  if (value.act !== undefined) return `${value.act.type}: ${value.reason ?? ""}`;
  if (value.code !== undefined) return `${value.code}: ${value.message ?? ""}`;
  return value.label ?? "";
}
