import type { RecordedAct } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { admin } from "../client/admin.ts";
import { session } from "../client/session.ts";
import { kesShort } from "../format/money.ts";
import { words } from "../i18n/words.ts";
import { named } from "../parts/named.ts";
import type { Page } from "../parts/page.ts";
import { list, part, row, says } from "../parts/rows.ts";
import { atInMargin, at } from "../parts/times.ts";

/** Acts that need a second person: those that this operator can approve, and its own. */
export async function waitingPage(): Promise<Result<Page>> {
  const text = words().waiting;
  const answer = await admin("listActs", { query: { status: "waiting", limit: 100 } });
  if (!answer.ok) return answer;
  const me = session()?.operator.id;
  const isMine = ({ proposedBy }: RecordedAct): boolean => proposedBy.id === me;
  const mine = answer.value.acts.filter(isMine);
  const others = answer.value.acts.filter((act) => !isMine(act));
  return ok({
    title: text.title,
    testId: "waiting",
    body: [
      answer.value.acts.length === 0 ? says(text.none) : null,
      others.length === 0 ? null : [part(text.forYou), list(text.forYou, others.map(waitingRow))],
      mine.length === 0 ? null : [part(text.forOthers), list(text.forOthers, mine.map(waitingRow))],
    ],
  });
}

function waitingRow(act: RecordedAct): HTMLElement {
  return row({
    when: atInMargin(act.proposedAt),
    title: named(words().orders.acts, act.type),
    second: [
      `${act.proposedBy.name}: ${act.reason} · ${words().waiting.until} `,
      at(act.expiresAt),
    ],
    figure: kesShort(BigInt(act.amountKesCents)),
    href: `#/act/${act.id}`,
    testId: `waiting.${act.id}`,
  });
}
