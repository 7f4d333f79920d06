import { actChallenge, canonicalJson } from "@satsconnect/contracts/admin";
import type { PasskeyAssertion, RecordedAct } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { fill, h } from "../design/dom.ts";
import type { Child } from "../design/dom.ts";
import { icon } from "../design/icon.ts";
import { admin } from "../client/admin.ts";
import { signWithPasskey } from "../client/passkey.ts";
import { session } from "../client/session.ts";
import { words } from "../i18n/words.ts";
import { actStatus, parameterText } from "../parts/acts.ts";
import { failureText, notice } from "../parts/failure.ts";
import { wordsField } from "../parts/fields.ts";
import { kes } from "../parts/money.ts";
import { named } from "../parts/named.ts";
import { redraw } from "../parts/navigation.ts";
import { orderAddress } from "../parts/orders.ts";
import type { Page, Place } from "../parts/page.ts";
import { drawPostings } from "../parts/postings.ts";
import { drawEnrolment } from "../parts/enrolment.ts";
import { facts, fold, part, row, says, slab, slabs } from "../parts/rows.ts";
import { at, atInMargin } from "../parts/times.ts";

/** One act and what became of it. A second person approves or declines it here. */
export async function actPage({ parts }: Place): Promise<Result<Page>> {
  const actId = parts[1] ?? "";
  const answer = await admin("getAct", { params: { actId } });
  if (!answer.ok) return answer;
  const act = answer.value;
  const text = words();
  const waits = act.status === "waiting";
  return ok({
    title: named(text.orders.acts, act.type),
    back: waits ? "#/waiting" : subjectAddress(act),
    testId: "act",
    body: [
      drawStatus(act),
      drawFacts(act),
      part(text.act.books),
      act.postings.length === 0 ? says(text.act.booksNothing) : drawPostings(act.postings),
      fold({ title: text.waiting.signs }, h("p", { class: "code" }, act.canonical)),
      waits ? drawDecision(act) : slabs(...links(act)),
    ],
  });
}

/** The page of what the act changes. */
function subjectAddress({ subject }: RecordedAct): string {
  switch (subject.kind) {
    case "order":
      return orderAddress(subject.orderId);
    case "operator":
      return "#/operators";
    case "switch":
      return "#/switches";
    case "books":
      return "#/books";
  }
}

function drawStatus(act: RecordedAct): HTMLElement {
  const text = words().act;
  const title = {
    waiting: text.waits,
    executed: text.done,
    refused: text.refused,
    declined: text.statuses.declined,
    expired: text.statuses.expired,
  }[act.status];
  const detail: Child =
    act.status === "waiting"
      ? [`${text.waitsDetail} `, at(act.expiresAt), "."]
      : (act.outcome?.message ?? actStatus(act));
  return row({
    when: act.endedAt === null ? icon("people") : atInMargin(act.endedAt),
    title: h("span", { "data-testid": "act.status" }, title),
    second: detail,
    figure: kes(act.amountKesCents),
    now: act.status === "waiting" && act.proposedBy.id === session()?.operator.id,
  });
}

function drawFacts(act: RecordedAct): HTMLElement {
  const text = words();
  return facts([
    [
      text.waiting.proposedBy,
      [`${act.proposedBy.name}, ${text.waiting[act.via]}, `, at(act.proposedAt)],
    ],
    [text.waiting.reason, act.reason],
    act.approvedBy === null || act.approvedAt === null
      ? null
      : [text.waiting.approvedBy, [`${act.approvedBy.name}, `, at(act.approvedAt)]],
    act.subject.kind === "order"
      ? [
          text.waiting.order,
          h("a", { href: orderAddress(act.subject.orderId) }, act.subject.orderId),
        ]
      : null,
    ...Object.entries(act.act)
      .filter(([name]) => name !== "type")
      .map(
        ([name, value]) => [named(text.orders.fields, name), parameterText(name, value)] as const,
      ),
  ]);
}

function links(act: RecordedAct): readonly HTMLElement[] {
  const text = words().act;
  return [
    ...(act.subject.kind === "order"
      ? [
          slab({
            label: text.toOrder,
            icon: "more",
            href: orderAddress(act.subject.orderId),
            testId: "act.order",
          }),
        ]
      : []),
    slab({ label: text.toCases, icon: "cases", tone: "ink", href: "#/cases" }),
  ];
}

/**
 * Whether the text to sign is the act that is shown: every figure on this page is in it, and the challenge is its hash.
 * A server that shows one act and lets another be signed is found out here.
 */
export function signsWhatIsShown(act: RecordedAct, canonical: string, challenge: unknown): boolean {
  if (canonical !== act.canonical || challenge !== actChallenge(canonical)) return false;
  let signed: unknown;
  try {
    signed = JSON.parse(canonical);
  } catch {
    return false;
  }
  if (typeof signed !== "object" || signed === null) return false;
  const fields = signed as Readonly<Record<string, unknown>>;
  return (
    fields["actId"] === act.id &&
    same(fields["subject"], act.subject) &&
    same(fields["act"], act.act) &&
    same(fields["postings"], act.postings) &&
    fields["amountKesCents"] === act.amountKesCents &&
    fields["reason"] === act.reason
  );
}

function same(signed: unknown, shown: unknown): boolean {
  return (
    signed !== undefined &&
    canonicalJson(signed as Parameters<typeof canonicalJson>[0]) ===
      canonicalJson(shown as Parameters<typeof canonicalJson>[0])
  );
}

function drawDecision(act: RecordedAct): HTMLElement {
  const text = words().waiting;
  const isMine = act.proposedBy.id === session()?.operator.id;
  const problem = notice();
  const reason = wordsField({ name: text.declineReason, max: 500, testId: "act.decline-reason" });

  async function approve(): Promise<void> {
    problem.clear();
    const begun = await admin("approvalOptions", { params: { actId: act.id } });
    if (!begun.ok) return problem.show(failureText(begun.error));
    const { canonical, options } = begun.value;
    if (!signsWhatIsShown(act, canonical, options["challenge"])) return problem.show(text.differs);
    const signed = await signWithPasskey<PasskeyAssertion>(options);
    if (!signed.ok) return problem.show(failureText(signed.error));
    const approved = await admin("approveAct", {
      params: { actId: act.id },
      body: { assertion: signed.value },
    });
    if (!approved.ok) return problem.show(failureText(approved.error));
    if (approved.value.enrolment === null) redraw();
    // The link is in no other answer: it stays here until the operator leaves the page.
    else fill(decision, drawEnrolment(approved.value.enrolment));
  }

  async function decline(): Promise<void> {
    problem.clear();
    if (reason.value().length < 3) {
      problem.show(`${text.declineReason}: ${words().act.required}`);
      reason.focus();
      return;
    }
    const declined = await admin("declineAct", {
      params: { actId: act.id },
      body: { reason: reason.value() },
    });
    if (declined.ok) redraw();
    else problem.show(failureText(declined.error));
  }

  const refusal = h(
    "details",
    {},
    h(
      "summary",
      { class: "slab plain", "data-testid": "act.decline" },
      icon("close"),
      h("span", { class: "label" }, isMine ? text.withdraw : text.decline),
    ),
    reason.element,
    slab({
      label: isMine ? text.withdraw : text.decline,
      icon: "close",
      tone: "ink",
      onclick: decline,
      testId: "act.decline-now",
    }),
  );
  const decision = h(
    "div",
    { class: "decision" },
    problem.element,
    slabs(
      refusal,
      isMine
        ? null
        : slab({
            label: text.approve,
            second: named(words().orders.acts, act.type),
            figure: kes(act.amountKesCents),
            icon: "finger",
            tone: "go",
            onclick: approve,
            testId: "act.approve",
          }),
    ),
  );
  return decision;
}
