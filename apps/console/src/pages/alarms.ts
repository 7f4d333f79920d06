import type { Alarm } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { admin } from "../client/admin.ts";
import { words } from "../i18n/words.ts";
import { named } from "../parts/named.ts";
import type { Page } from "../parts/page.ts";
import { refreshTool } from "../parts/refresh.ts";
import { list, row, says } from "../parts/rows.ts";
import { age, at } from "../parts/times.ts";

/** The current alarms, critical ones first. */
export async function alarmsPage(): Promise<Result<Page>> {
  const text = words().alarms;
  const answer = await admin("listAlarms");
  if (!answer.ok) return answer;
  const { alarms, checkedAt } = answer.value;
  return ok({
    title: text.title,
    testId: "alarms",
    tool: refreshTool(),
    body: [
      says(
        checkedAt === null
          ? text.never
          : [alarms.length === 0 ? `${text.none} ` : "", `${text.checked} `, at(checkedAt), "."],
        "soft",
      ),
      list(text.title, alarms.map(alarmRow)),
    ],
  });
}

function alarmRow({ name, subject, severity, since, detail }: Alarm): HTMLElement {
  const text = words().alarms;
  return row({
    when: age(since),
    late: severity === "critical",
    title: `${named(text.names, name)}${subject === "" ? "" : `: ${subject}`}`,
    second: `${text[severity]} · ${detail}`,
    testId: `alarm.${name}`,
  });
}
