import type { OrderPage } from "@satsconnect/contracts/admin";
import { h } from "../../design/dom.ts";
import { words } from "../../i18n/words.ts";
import { named } from "../../parts/named.ts";
import { journalName } from "../../parts/postings.ts";
import { atInMargin } from "../../parts/times.ts";

type Moment = OrderPage["timeline"][number];

const refusals: ReadonlySet<string> = new Set([
  "cancelled",
  "expired",
  "case",
  "stk_unknown",
  "payout_unknown",
]);
const arrivals: ReadonlySet<string> = new Set(["paid", "claimed", "refunded"]);

/** The order's events as a path: every event is a node on the line. */
export function drawTimeline({ timeline, order }: OrderPage): HTMLElement {
  const last = timeline.findLastIndex(({ kind }) => kind === "event" || kind === "opened");
  return h(
    "ol",
    { class: "path", "data-testid": "order.timeline" },
    timeline.map((moment, index) =>
      h(
        "li",
        { class: `step ${shape(moment, index === last && !order.final)}` },
        h("span", { class: "when" }, atInMargin(moment.at)),
        h("span", { class: "node" }),
        h(
          "div",
          { class: "what" },
          h("strong", {}, title(moment)),
          moment.detail === null || moment.detail === "" ? null : h("small", {}, detail(moment)),
        ),
      ),
    ),
  );
}

function shape({ kind, title }: Moment, isNow: boolean): string {
  if (isNow) return "now";
  if (kind === "event" && arrivals.has(title)) return "arrived";
  if (kind === "case" || (kind === "event" && refusals.has(title))) return "refused";
  return kind === "event" || kind === "opened" || kind === "act" ? "done" : "minor";
}

function title({ kind, title }: Moment): string {
  const text = words().orders;
  switch (kind) {
    case "event":
      return named(text.states, title);
    case "opened":
      return `${text.moments.opened}: ${named(text.states, title)}`;
    case "evidence":
      return `${text.moments.evidence}: ${named(text.evidence, title)}`;
    case "journal":
      return `${text.moments.journal}: ${journalName(title)}`;
    case "case":
      return `${text.moments.case}: ${named(text.caseMeanings, title)}`;
    case "case_resolved":
      return `${text.moments.case_resolved}: ${named(text.caseMeanings, title)}`;
    case "act":
      return `${text.moments.act}: ${named(text.acts, title)}`;
  }
}

function detail({ kind, detail }: Moment): string {
  return kind === "event" || kind === "case" ? (detail ?? "") : (detail ?? "");
}
