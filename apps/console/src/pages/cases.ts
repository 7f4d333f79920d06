import type { OrderCase, FoundOrder } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { icon } from "../design/icon.ts";
import { admin } from "../client/admin.ts";
import { session } from "../client/session.ts";
import { kesShort } from "../format/money.ts";
import { words } from "../i18n/words.ts";
import { caseMeaning } from "../parts/cases.ts";
import { orderAddress, orderTitle, party } from "../parts/orders.ts";
import type { Page, Place } from "../parts/page.ts";
import { list, row, says, slab, slabs } from "../parts/rows.ts";
import { age, at } from "../parts/times.ts";

/** Cases, oldest first: what waits for a person. */
export async function casesPage({ query }: Place): Promise<Result<Page>> {
  const text = words().cases;
  const state = query.get("state") === "all" ? "all" : "open";
  const cursor = query.get("cursor");
  const [cases, waiting] = await Promise.all([
    admin("listCases", { query: { state, limit: 50, ...(cursor === null ? {} : { cursor }) } }),
    admin("listActs", { query: { status: "waiting", limit: 100 } }),
  ]);
  if (!cases.ok) return cases;
  if (!waiting.ok) return waiting;
  const forMe = waiting.value.acts.filter(
    ({ proposedBy }) => proposedBy.id !== session()?.operator.id,
  ).length;
  const { open, nextCursor } = cases.value;
  return ok({
    title: text.title,
    testId: "cases",
    body: [
      forMe === 0
        ? null
        : row({
            when: icon("finger"),
            title: text.waiting(forMe),
            second: text.waitingDetail,
            href: "#/waiting",
            now: true,
            testId: "cases.waiting",
          }),
      open === 0 && state === "open"
        ? says([text.none, " ", text.noneDetail])
        : says(`${text.open(open)} ${text.order}`, "soft"),
      list(
        text.title,
        cases.value.cases.map(({ case: one, order }) => caseRow(one, order)),
      ),
      says(""),
      slabs(
        nextCursor === null
          ? null
          : slab({
              label: words().more,
              icon: "more",
              href: `#/cases?state=${state}&cursor=${encodeURIComponent(nextCursor)}`,
            }),
        slab({
          label: state === "open" ? text.showAll : text.showOpen,
          icon: "cases",
          href: state === "open" ? "#/cases?state=all" : "#/cases",
        }),
        slab({
          label: words().nav.find,
          icon: "search",
          tone: "ink",
          href: "#/find",
          testId: "cases.find",
        }),
      ),
    ],
  });
}

function caseRow(one: OrderCase, order: FoundOrder): HTMLElement {
  const text = words();
  const resolved = one.resolvedAt !== null;
  return row({
    when: age(one.openedAt),
    late: !resolved && (one.severity === "critical" || one.severity === "error"),
    title: caseMeaning(one),
    second: [
      `${orderTitle(order)} · ${party(order)} · ${text.orders.states[order.state]} · `,
      at(one.openedAt),
      // The deadline of a case is a reminder: nothing happens by itself.
      order.deadlineAt === null || order.final || order.state === "case"
        ? ""
        : [` · ${text.orders.by} `, at(order.deadlineAt)],
      resolved ? ` · ${text.cases.resolved}` : "",
    ],
    figure: kesShort(BigInt(order.amountKesCents)),
    href: orderAddress(order.id),
    testId: `case.${one.id}`,
  });
}
