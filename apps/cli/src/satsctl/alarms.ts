import { atMost } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { age, table, when } from "./table.ts";

/** Lists the alarms of the process that answers. */
export async function alarms(context: Context): Promise<void> {
  const { args, client, print } = context;
  atMost(args, 0);
  const list = valueOf(context, await client("listAlarms"));
  const checked =
    list.checkedAt === null ? "Not checked yet." : `Checked at ${when(list.checkedAt) ?? ""}.`;
  const rows = list.alarms.map(({ name, subject, severity, since, detail }) => [
    age(Math.max(0, (Date.now() - Date.parse(since)) / 1_000)),
    severity,
    subject === "" ? name : `${name} ${subject}`,
    detail,
  ]);
  print(
    rows.length === 0
      ? `No alarms. ${checked}`
      : `${table(["age", "severity", "alarm", "detail"], rows)}\n${checked}`,
    list,
  );
}
