import type { OrderPage, RecordedAct } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../../design/dom.ts";
import type { Child } from "../../design/dom.ts";
import { icon } from "../../design/icon.ts";
import { admin } from "../../client/admin.ts";
import { kesShort } from "../../format/money.ts";
import { words } from "../../i18n/words.ts";
import { actDetail, actStatus } from "../../parts/acts.ts";
import { caseMeaning } from "../../parts/cases.ts";
import { sum } from "../../parts/money.ts";
import { named } from "../../parts/named.ts";
import { orderAddress, orderTitle, party } from "../../parts/orders.ts";
import type { Page, Place } from "../../parts/page.ts";
import { refreshTool } from "../../parts/refresh.ts";
import { list, part, row, says } from "../../parts/rows.ts";
import { age, at, atInMargin, isPast } from "../../parts/times.ts";
import { drawDetails } from "./details.ts";
import { summarize } from "./summary.ts";
import { drawTimeline } from "./timeline.ts";

/** Everything that is known of one order: in words first, what may be done, what happened, then every detail. */
export async function orderPage({ parts }: Place): Promise<Result<Page>> {
  const answer = await admin("getOrder", { params: { orderId: parts[1] ?? "" } });
  if (!answer.ok) return answer;
  const page = answer.value;
  const text = words().orders;
  return ok({
    title: orderTitle(page.order),
    back: "#/cases",
    testId: "order",
    tool: refreshTool(),
    body: [
      sum(page.order.amountKesCents, page.order.amountMsat),
      drawSummary(page),
      drawCases(page),
      drawActs(page),
      page.actsSoFar.length === 0
        ? null
        : [part(text.page.actsSoFar), list(text.page.actsSoFar, page.actsSoFar.map(actRow))],
      part(text.page.timeline),
      drawTimeline(page),
      says(""),
    ],
    beside: drawDetails(page),
  });
}

function drawSummary(page: OrderPage): Child {
  const text = words().orders;
  const { where, next, by, open } = summarize(page);
  return [
    says(
      [party(page.order), page.order.mpesaReceipt === null ? "" : ` · ${page.order.mpesaReceipt}`],
      "soft",
    ),
    h(
      "div",
      { class: open ? "row now" : "row", "data-testid": "order.summary" },
      h(
        "span",
        { class: open && by !== null && isPast(by) ? "when late" : "when" },
        by === null ? icon(open ? "cases" : "check") : atInMargin(by),
      ),
      h(
        "span",
        { class: "what" },
        h("strong", { "data-testid": "order.where" }, where),
        h(
          "small",
          { "data-testid": "order.next" },
          next,
          by === null ? null : [` ${text.by} `, at(by), "."],
        ),
        page.htlc?.direction === "inbound" && page.htlc.blocksLeft !== null && open
          ? h("small", {}, text.blocks(page.htlc.blocksLeft))
          : null,
      ),
    ),
    h(
      "p",
      { class: "says soft", "data-testid": "order.state" },
      text.states[page.order.state],
      page.order.reason === null ? "" : ` · ${page.order.reason}`,
    ),
  ];
}

function drawCases({ cases }: OrderPage): Child {
  const text = words().orders.page;
  const open = cases.filter(({ resolvedAt }) => resolvedAt === null);
  if (open.length === 0) return null;
  return [
    part(text.cases),
    list(
      text.cases,
      open.map((one) =>
        row({
          when: age(one.openedAt),
          late: true,
          title: caseMeaning(one),
          second: one.detail,
          testId: `order.case.${one.code}`,
        }),
      ),
    ),
  ];
}

function drawActs({ order, acts }: OrderPage): Child {
  const text = words().orders;
  return [
    part(text.page.acts),
    acts.length === 0
      ? says(text.page.noActs, "soft")
      : list(
          text.page.acts,
          acts.map((possible) =>
            row({
              when: icon("more"),
              title: named(text.acts, possible.type),
              second: actDetail(possible),
              ...(possible.preview === null
                ? {}
                : { figure: kesShort(BigInt(possible.preview.amountKesCents)) }),
              href: `${orderAddress(order.id)}/act/${possible.type}`,
              testId: `order.act.${possible.type}`,
            }),
          ),
        ),
  ];
}

function actRow(one: RecordedAct): HTMLElement {
  return row({
    when: atInMargin(one.proposedAt),
    title: named(words().orders.acts, one.type),
    second: [
      `${actStatus(one)} · ${one.proposedBy.name}`,
      one.approvedBy === null ? "" : ` + ${one.approvedBy.name}`,
      ` · ${one.reason}`,
    ],
    figure: kesShort(BigInt(one.amountKesCents)),
    href: `#/act/${one.id}`,
    now: one.status === "waiting",
  });
}
