import type { OrderPage } from "@satsconnect/contracts/admin";
import { h } from "../../design/dom.ts";
import type { Child } from "../../design/dom.ts";
import { words } from "../../i18n/words.ts";
import { kes, rate, sats } from "../../parts/money.ts";
import { named } from "../../parts/named.ts";
import { phone } from "../../parts/orders.ts";
import { entriesTable, journalName } from "../../parts/postings.ts";
import { code, facts, fold, part, says } from "../../parts/rows.ts";
import { at, atInMargin } from "../../parts/times.ts";

/** Every detail of an order: who, M-Pesa's side, Lightning's side, the books, the stored order itself. */
export function drawDetails(page: OrderPage): readonly Child[] {
  const text = words().orders.page;
  return [
    part(text.parties),
    drawParties(page),
    page.prompt === null ? null : [part(text.prompt), drawPrompt(page.prompt)],
    page.caseFile.payments.length === 0
      ? null
      : [part(text.payments), page.caseFile.payments.map(drawPayment)],
    page.caseFile.refund === null ? null : [part(text.refund), drawRefund(page.caseFile.refund)],
    page.order.kind === "buy" && page.payout.sends === 0 ? null : part(text.payout),
    page.payout.sends > 0
      ? drawPayout(page.payout)
      : page.order.kind === "sell"
        ? says(text.notAskedFor, "soft")
        : null,
    page.htlc === null ? null : [part(text.htlc), drawHtlc(page.htlc)],
    part(text.evidence),
    drawEvidence(page),
    part(text.ledger),
    drawLedger(page),
    part(text.keys),
    facts(
      page.keys.map(({ kind, value }) => [named(words().orders.keys, kind), code(value)] as const),
    ),
    h("div", { class: "gap" }),
    fold({ title: text.stored }, raw(page.stored)),
  ];
}

function raw(value: unknown): HTMLElement {
  const written = typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2);
  return h("pre", { class: "code", tabindex: 0 }, written);
}

/** JSON with line breaks; other texts as they are. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const timestamp = (value: string | null): Child => (value === null ? null : at(value));

function drawParties({ order, ...page }: OrderPage): HTMLElement {
  const text = words().orders.page;
  return facts([
    [text.phone, phone(order.msisdn)],
    [text.name, order.recipientName],
    [text.receipt, order.mpesaReceipt === null ? null : code(order.mpesaReceipt)],
    [text.amount, kes(order.amountKesCents)],
    [text.sats, sats(order.amountMsat)],
    [text.rate, rate(page.rateKesPerBtc)],
    ...page.fees.map(
      ({ code: name, amountKesCents }) => [words().orders.fees[name], kes(amountKesCents)] as const,
    ),
    [text.payoutFee, kes(page.payoutFeeKesCents)],
    [text.opened, at(order.createdAt)],
    [text.changed, at(order.updatedAt)],
    [text.wallet, code(order.walletId)],
    [text.node, code(page.nodeId)],
    [text.order, code(order.id)],
    [text.quote, code(page.quoteId)],
  ]);
}

function drawPrompt(prompt: NonNullable<OrderPage["prompt"]>): HTMLElement {
  const text = words().orders;
  return facts([
    [text.page.status, prompt.status.replaceAll("_", " ")],
    [text.page.credit, text.credits[prompt.credit]],
    [text.page.collectedIn, named(words().ledger.accounts, prompt.collectedIn)],
    [
      "CheckoutRequestID",
      prompt.checkoutRequestId === null ? null : code(prompt.checkoutRequestId),
    ],
    [text.page.reference, code(prompt.accountReference)],
    [text.page.sends, text.page.times(prompt.sends)],
    [text.page.queries, text.page.times(prompt.queries)],
    [text.page.lastAnswer, prompt.lastAnswer],
    [text.page.lateUntil, at(prompt.lateUntil)],
  ]);
}

function drawPayout(payout: OrderPage["payout"]): HTMLElement {
  const text = words().orders.page;
  return facts([
    [text.status, payout.status.replaceAll("_", " ")],
    [text.amount, kes(payout.amountKesCents)],
    [text.phone, phone(payout.msisdn)],
    [text.receipt, payout.receipt === null ? null : code(payout.receipt)],
    [text.perhapsSent, payout.perhapsSent ? text.yes : text.no],
    [text.sends, text.times(payout.sends)],
    [text.queries, text.times(payout.statusQueries)],
    [text.failure, payout.failureCode],
    ["OriginatorConversationID", code(payout.originatorConversationId)],
    ...payout.conversationIds.map((id) => ["ConversationID", code(id)] as const),
  ]);
}

type CaseFile = OrderPage["caseFile"];

function drawPayment(payment: CaseFile["payments"][number]): HTMLElement {
  const text = words().orders.page;
  return facts([
    [text.receipt, payment.receipt === null ? text.notProven : code(payment.receipt)],
    [text.amount, kes(payment.amountKesCents)],
    [text.phone, payment.msisdn === null ? null : phone(payment.msisdn)],
    [
      "CheckoutRequestID",
      payment.checkoutRequestId === null ? null : code(payment.checkoutRequestId),
    ],
    [text.reversal, named(text.reversals, payment.reversal)],
  ]);
}

/** The reversal that is tried first, and the payout that follows only if it did not happen. */
function drawRefund(refund: NonNullable<CaseFile["refund"]>): Child {
  const text = words().orders.page;
  const { reversal } = refund;
  return [
    facts([
      [text.status, named(text.refundStates, refund.status)],
      [text.amount, kes(refund.amountKesCents)],
      ...(reversal === null
        ? []
        : ([
            [text.reversal, reversal.status.replaceAll("_", " ")],
            [text.reversed, code(reversal.receipt)],
            [
              text.receipt,
              reversal.reversalReceipt === null ? null : code(reversal.reversalReceipt),
            ],
            [text.perhapsSent, reversal.perhapsSent ? text.yes : text.no],
            [text.sends, text.times(reversal.sends)],
            [text.failure, reversal.failureCode],
            ...reversal.conversationIds.map((id) => ["ConversationID", code(id)] as const),
          ] as const)),
    ]),
    refund.payout.sends === 0 ? null : [part(text.refundPayout), drawPayout(refund.payout)],
  ];
}

function drawHtlc(htlc: NonNullable<OrderPage["htlc"]>): HTMLElement {
  const text = words().orders.page;
  return facts([
    [text.direction, htlc.direction === "inbound" ? text.inbound : text.outbound],
    [text.sats, sats(htlc.amountMsat)],
    [text.held, htlc.receivedMsat === null ? null : sats(htlc.receivedMsat)],
    [
      text.deadlineHeight,
      htlc.claimDeadlineHeight === null ? null : String(htlc.claimDeadlineHeight),
    ],
    [text.tip, htlc.tipHeight === null ? null : String(htlc.tipHeight)],
    [text.left, htlc.blocksLeft === null ? null : String(htlc.blocksLeft)],
    [text.about, timestamp(htlc.deadlineAt)],
    [text.nodeState, htlc.node === null ? text.nodeSilent : htlc.node.state.replaceAll("_", " ")],
    [text.failure, htlc.node?.failure],
    [text.routingFee, htlc.node === null ? null : sats(htlc.node.feeMsat)],
    [text.invoiceUntil, at(htlc.invoiceExpiresAt)],
    [text.hash, code(htlc.paymentHash)],
    [text.invoice, code(htlc.invoice)],
    ...htlc.earlierHashes.map((hash) => [text.earlier, code(hash)] as const),
  ]);
}

function drawEvidence({ evidence }: OrderPage): Child {
  const text = words().orders;
  if (evidence.length === 0) return says(text.page.noEvidence, "soft");
  return [
    says(text.page.notProof, "soft"),
    evidence.map((one) =>
      fold(
        {
          when: atInMargin(one.receivedAt),
          title: named(text.evidence, one.kind),
          second: `${one.fromAddress} · ${one.seen ? text.page.seen : text.page.unseen}`,
        },
        h("h3", { class: "second" }, text.page.parsed),
        raw(one.parsed),
        h("h3", { class: "second" }, text.page.raw),
        raw(one.raw),
      ),
    ),
  ];
}

function drawLedger({ journals }: OrderPage): Child {
  const text = words().orders.page;
  if (journals.length === 0) return says(text.noLedger, "soft");
  return journals.map((journal) => [
    h(
      "div",
      { class: "row tight", "data-testid": `ledger.${journal.kind}` },
      h("span", { class: "when" }, atInMargin(journal.at)),
      h("span", { class: "what" }, h("strong", {}, journalName(journal.kind))),
    ),
    h("div", { class: "inside" }, entriesTable(journal.entries, journalName(journal.kind))),
  ]);
}
