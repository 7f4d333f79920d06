import type { CaseNote, Draft, Effect, Rule, Table } from "./decision.ts";
import type { Answer, Fact, FactType, LightningReport } from "./facts.ts";
import type { HeldInvoice, LightningAttempt, SellOrder, SellState } from "./order.ts";
import { isProven, neverLeft, stepPayout } from "./payout.ts";
import * as books from "./sell-postings.ts";
import { backoff, timing } from "./timing.ts";

type SellRule<Type extends FactType> = Rule<SellOrder, Type>;
type SellDraft = Draft<SellOrder>;

/** More than the invoice by up to this is taken (BOLT 4 lets payers round up); beyond it the payment is handed back. */
const overpaymentMsat = 10_000_000n;

const makingInvoice: SellRule<"woken"> = {
  to: { expired: "no invoice in time" },
  decide: (order, _fact, now) => {
    const { held } = order;
    if (held !== null) {
      if (!isDue(order, order.dueAt, now)) return null;
      const overdue = now >= (order.deadlineAt ?? 0);
      const deadlineAt = overdue ? now + timing.stepMs : order.deadlineAt;
      return stay({ ...order, deadlineAt }, now + timing.invoiceLookMs, [look(held)]);
    }
    if (now >= order.payBy) return release(order, "expired", "engine_unavailable");
    return now < order.dueAt ? null : stay(order, now + timing.callMs, [{ type: "make_invoice" }]);
  },
};

const invoiceMade: SellRule<"invoice_made"> = {
  to: { cancelled: "the node refuses" },
  decide: (order, { answer }, now) => {
    if (order.held !== null) return null;
    if (!answer.ok) {
      if (answer.retry === "never") return release(order, "cancelled", "invoice_refused");
      return stay(order, now + timing.lightningPollMs, []);
    }
    const held: HeldInvoice = {
      ...answer.value,
      receivedMsat: books.nothing,
      claimDeadlineHeight: 0,
      tipHeight: 0,
    };
    const dueAt = now + timing.invoiceLookMs;
    const deadlineAt = Math.max(order.payBy, held.invoiceExpiresAt) + timing.invoiceGraceMs;
    return {
      next: { ...order, held, dueAt, deadlineAt, wakeAt: dueAt },
      keys: [{ kind: "payment_hash", value: held.paymentHash }],
    };
  },
};

const invoiceReported: SellRule<"lightning_reported"> = {
  to: {
    held: "the payment is held and fits",
    returning: "held, but late, wrong or too short",
    expired: "nobody paid in time",
    case: "taken without us",
  },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null) return null;
    switch (report.state) {
      case "held":
        return accept(order, report, now);
      case "expired":
      case "returned":
      case "failed":
        return release(order, "expired", "not_paid");
      case "open":
        // The node closes it by itself; what still arrives after that is handed back from the final state.
        return now < order.payBy + timing.invoiceGraceMs
          ? null
          : release(order, "expired", "not_paid");
      default:
        return toCase(order, "claimed_without_payout", now);
    }
  },
};

function accept(order: SellOrder, report: LightningReport, now: number): SellDraft {
  const next = withReport(order, report);
  const excess = report.receivedMsat - order.terms.amountMsat;
  if (excess < 0n || excess > overpaymentMsat) return handBack(next, "amount_mismatch", now);
  if (now > order.payBy) return handBack(next, "paid_too_late", now);
  if (blocksLeft(report) < timing.leastBlocksToPayOut) return handBack(next, "hold_too_short", now);
  return {
    next: {
      ...next,
      state: "held",
      reason: null,
      dueAt: now,
      lookAt: now + timing.tipLookMs,
      deadlineAt: now + timing.stepMs,
      wakeAt: now + timing.stepMs,
    },
    effects: [{ type: "go_on" }],
  };
}

const payOut: SellRule<"woken"> = {
  to: { payout_requested: "intent stored" },
  decide: (order, fact, now) => payoutStepped(order, fact, now),
};

const heldReported: SellRule<"lightning_reported"> = {
  to: { cancelled: "the payment went back", case: "taken without us" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held") return null;
    if (isGone(report)) return release(order, "cancelled", "payment_returned");
    return toCase(order, "claimed_without_payout", now);
  },
};

/** What every fact about the payout does while it is open; the same before and after it became unknown. */
const payoutTo = {
  payout_requested: "M-Pesa accepted it",
  payout_unknown: "time-out, 5xx, queue time-out, no result",
  payout_confirmed: "proven paid",
  returning: "proven not paid",
  case: "",
} as const;

function payoutRule<Type extends FactType>(): SellRule<Type> {
  return { to: payoutTo, decide: (order, fact, now) => payoutStepped(order, fact, now) };
}

const awaitingWoken: SellRule<"woken"> = {
  to: payoutTo,
  decide: (order, fact, now) => {
    const stepped = payoutStepped(order, fact, now);
    const { held } = order;
    const overdue = now >= (order.deadlineAt ?? 0);
    if (held === null || (now < order.lookAt && !overdue)) return stepped;
    const base = stepped?.next ?? order;
    const next = {
      ...base,
      lookAt: now + lookInterval(held),
      deadlineAt: untilProtection(held, now),
    };
    return { ...stepped, next: awake(next), effects: [...(stepped?.effects ?? []), look(held)] };
  },
};

const awaitingReported: SellRule<"lightning_reported"> = {
  to: {
    protective_claim: "12 blocks left, no proof",
    returning: "12 blocks left, nothing ever sent",
    cancelled: "the payment went back, nothing was sent",
    case: "the payment is gone, the payout is not known",
  },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null) return null;
    const next = withReport(order, report);
    if (report.state === "held") {
      if (blocksLeft(report) > timing.protectiveBlocks) {
        return blocksLeft(report) === blocksLeft(order.held)
          ? null
          : { next: awake({ ...next, deadlineAt: untilProtection(report, now) }) };
      }
      if (neverLeft(order.payout)) return handBack(next, "payout_never_sent", now);
      return {
        next: {
          ...next,
          state: "protective_claim",
          reason: "payout_not_proven_in_time",
          dueAt: now + timing.callMs,
          deadlineAt: now + timing.caseMs,
          wakeAt: now + timing.callMs,
        },
        effects: [claim(report)],
      };
    }
    if (isGone(report) && neverLeft(order.payout))
      return release(next, "cancelled", "payment_returned");
    return toCase(next, "payment_gone_before_proof", now);
  },
};

const confirmedWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => retryClaim(order, "claim_overdue", now),
};

const confirmedReported: SellRule<"lightning_reported"> = {
  to: { claimed: "the node has the sats", case: "the payment is gone" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held") return again(order, now);
    if (report.state === "claiming") return again(order, now);
    if (report.state === "succeeded") {
      return {
        next: close(withReport(order, report), "claimed", null),
        postings: [books.satsClaimed(withReport(order, report))],
      };
    }
    return toCase(withReport(order, report), "payment_gone_after_payout", now);
  },
};

const returningWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    const { held } = order;
    if (held === null || !isDue(order, order.dueAt, now)) return null;
    return escalate(order, "return_overdue", now, {
      next: { ...order, dueAt: now + timing.callMs, wakeAt: now + timing.callMs },
      effects: [{ type: "hand_back_payment", paymentHash: held.paymentHash }],
    });
  },
};

const returningReported: SellRule<"lightning_reported"> = {
  to: { cancelled: "the sats are back", case: "taken after all" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held" || report.state === "open")
      return again(order, now);
    if (isGone(report)) return release(withReport(order, report), "cancelled", order.reason);
    return toCase(order, "claimed_instead_of_returned", now);
  },
};

/** Late word on a payout that was proven already: what agrees is nothing new, what contradicts is for a person. */
function noteRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: { case: "M-Pesa contradicts itself" },
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now);
      if (stepped === null || stepped.cases.length === 0) return null;
      const draft =
        order.state === "payout_confirmed"
          ? { next: order }
          : toCase(order, "payout_contradiction", now);
      return { ...draft, cases: stepped.cases };
    },
  };
}

const protectiveWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => retryClaim(order, "claim_overdue", now),
};

/** Word on the payout is kept for what comes after this state; nothing is sent. */
function keptRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now, "ask");
      if (stepped === null) return null;
      const postings =
        stepped.payout.status === "confirmed" && !isProven(order.payout)
          ? [books.payoutPaid(order)]
          : [];
      return {
        next: {
          ...order,
          payout: stepped.payout,
          mpesaReceipt: stepped.payout.receipt ?? order.mpesaReceipt,
        },
        postings,
        keys: stepped.keys,
        cases: stepped.cases,
        effects: stepped.effects,
      };
    },
  };
}

const protectiveReported: SellRule<"lightning_reported"> = {
  to: {
    owed: "claimed, payout still not known",
    claimed: "claimed, and meanwhile proven paid",
    cancelled: "the payment went back, and no payout was made",
    case: "the payment is gone",
  },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held" || report.state === "claiming")
      return again(order, now);
    const next = withReport(order, report);
    if (report.state === "succeeded") {
      if (order.payout.status === "confirmed") {
        return { next: close(next, "claimed", null), postings: [books.satsClaimed(next)] };
      }
      const failed = order.payout.status === "failed";
      return {
        next: {
          ...next,
          state: "owed",
          reason: failed ? "refund_invoice_needed" : "payout_not_proven_in_time",
          dueAt: now,
          deadlineAt: now + timing.owedMs,
          wakeAt: failed ? now + timing.owedMs : Math.max(now, order.payout.dueAt),
        },
        postings: [
          books.satsClaimedProtectively(next),
          ...(failed ? [books.payoutReleased(order)] : []),
        ],
      };
    }
    if (isGone(report) && order.payout.status === "failed")
      return release(next, "cancelled", "payment_returned");
    return toCase(next, "payment_gone_before_proof", now);
  },
};

/** What is owed is settled by the payout itself, should it turn out to have been made, or by paying it back. */
function owedRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: { claimed: "proven paid: nothing is owed any more" },
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now);
      const overdue = fact.type === "woken" && now >= (order.deadlineAt ?? 0);
      if (stepped === null && !overdue) return null;
      const { payout, keys = [], cases = [], effects = [] } = stepped ?? { payout: order.payout };
      const next = { ...order, payout, mpesaReceipt: payout.receipt ?? order.mpesaReceipt };
      const news = !isProven(order.payout);
      if (payout.status === "confirmed" && news) {
        return {
          next: close(next, "claimed", null),
          postings: [books.payoutPaid(order), books.owedSettled(order)],
          keys,
          cases,
        };
      }
      const failed = payout.status === "failed";
      const deadlineAt = overdue || failed ? now + timing.owedMs : (order.deadlineAt ?? now);
      const reminder = {
        code: "owed_overdue",
        detail: "Sats are owed to the holder and nothing has moved for a week.",
      };
      return {
        next: {
          ...next,
          reason: failed ? "refund_invoice_needed" : order.reason,
          deadlineAt,
          wakeAt: failed ? deadlineAt : payout.dueAt,
        },
        postings: failed && news ? [books.payoutReleased(order)] : [],
        cases: overdue ? [...cases, reminder] : cases,
        effects,
      };
    },
  };
}

const owedInvoice: SellRule<"invoice_attached"> = {
  to: { refunding: "no payout was made: the sats go back over Lightning" },
  decide: (order, fact, now) => {
    if (order.payout.status !== "failed" || order.held === null) return null;
    const lightning: LightningAttempt = {
      number: (order.lightning?.number ?? 0) + 1,
      earlierHashes:
        order.lightning === null
          ? []
          : [...order.lightning.earlierHashes, order.lightning.paymentHash],
      invoice: fact.invoice,
      paymentHash: fact.paymentHash,
      invoiceExpiresAt: fact.invoiceExpiresAt,
      amountMsat: order.held.receivedMsat,
      polls: 1,
      dueAt: now + timing.callMs,
    };
    return {
      next: {
        ...order,
        state: "refunding",
        reason: null,
        lightning,
        deadlineAt: now + timing.lightningOverdueMs,
        wakeAt: lightning.dueAt,
      },
      keys: [{ kind: "payment_hash", value: lightning.paymentHash }],
      effects: [{ type: "pay_invoice" }],
    };
  },
};

const refundingWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    const { lightning } = order;
    if (lightning === null || !isDue(order, lightning.dueAt, now)) return null;
    const asked = { ...lightning, polls: lightning.polls + 1, dueAt: now + timing.callMs };
    return escalate(order, "refund_overdue", now, {
      next: { ...order, lightning: asked, wakeAt: asked.dueAt },
      effects: [{ type: "pay_invoice" }],
    });
  },
};

const refundingReported: SellRule<"lightning_reported"> = {
  to: { refunded: "the sats are back", owed: "proven not paid: another invoice is needed" },
  decide: (order, { answer }, now) => {
    const { lightning } = order;
    if (lightning === null) return null;
    const report = answer.ok ? answer.value : null;
    if (report !== null && report.paymentHash !== lightning.paymentHash) return null;
    if (report?.state === "succeeded") {
      return {
        next: close(order, "refunded", null),
        postings: [books.owedRepaid(order, report.feeMsat)],
      };
    }
    if (report?.state === "failed" || (!answer.ok && answer.retry === "never")) {
      const deadlineAt = now + timing.owedMs;
      return {
        next: {
          ...order,
          state: "owed",
          reason: "refund_invoice_needed",
          deadlineAt,
          wakeAt: deadlineAt,
        },
      };
    }
    const wait = backoff(timing.lightningPollMs, timing.slowestLightningPollMs, lightning.polls);
    return {
      next: { ...order, lightning: { ...lightning, dueAt: now + wait }, wakeAt: now + wait },
    };
  },
};

const caseWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, fact, now) => {
    const stepped = keptRule<"woken">().decide(order, fact, now);
    if (now < (order.deadlineAt ?? 0)) {
      return stepped === null
        ? null
        : { ...stepped, next: { ...stepped.next, wakeAt: caseWake(stepped.next) } };
    }
    // A person is reminded for as long as it takes.
    const deadlineAt = now + timing.caseMs;
    const next = { ...(stepped?.next ?? order), deadlineAt };
    return { ...stepped, next: { ...next, wakeAt: caseWake(next) } };
  },
};

function caseRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = keptRule<Type>().decide(order, fact, now);
      return stepped === null
        ? null
        : { ...stepped, next: { ...stepped.next, wakeAt: caseWake(stepped.next) } };
    },
  };
}

const caseResolved: SellRule<"operator_resolved"> = {
  to: { cancelled: "closed by a person" },
  decide: (order, { resolution, by }) => {
    if (resolution !== "payout_made" && resolution !== "payout_not_made") return null;
    const { status } = order.payout;
    const proven = isProven(order.payout) || neverLeft(order.payout);
    const made = proven ? status === "confirmed" : resolution === "payout_made";
    // A person knows more than M-Pesa told us only while M-Pesa has told us nothing.
    if (made !== (resolution === "payout_made")) return null;
    const paid = made && status !== "confirmed" ? [books.payoutPaid(order)] : [];
    return {
      next: close(order, "cancelled", "closed_by_operator"),
      postings: made ? [...paid, books.writtenOff(order)] : [books.payoutReleased(order)],
      cases: [{ code: "closed_by_operator", detail: `Closed by ${by}: ${resolution}.` }],
    };
  },
};

const holderCancels: SellRule<"holder_cancelled"> = {
  to: { cancelled: "the holder changed their mind" },
  decide: (order) => release(order, "cancelled", "cancelled_by_holder"),
};

const keyTaken: SellRule<"key_taken"> = {
  to: { case: "a number of M-Pesa's or a hash belongs to another order" },
  decide: (order, { kind }, now) => toCase(order, `${kind}_taken`, now),
};

/** Bitcoin to M-Pesa. Rule 7: only a proven payout claims the held payment, only proof of none hands it back. */
export const sellTable: Table<SellOrder> = {
  invoice_open: {
    woken: makingInvoice,
    invoice_made: invoiceMade,
    lightning_reported: invoiceReported,
    holder_cancelled: holderCancels,
    key_taken: {
      to: { cancelled: "the hash belongs to another order" },
      decide: (order) => release(order, "cancelled", "payment_hash_taken"),
    },
  },
  held: { woken: payOut, lightning_reported: heldReported },
  payout_requested: {
    woken: awaitingWoken,
    payout_answered: payoutRule(),
    payout_resulted: payoutRule(),
    payout_timed_out: payoutRule(),
    status_answered: payoutRule(),
    status_resulted: payoutRule(),
    lightning_reported: awaitingReported,
    key_taken: keyTaken,
  },
  payout_unknown: {
    woken: awaitingWoken,
    payout_answered: payoutRule(),
    payout_resulted: payoutRule(),
    payout_timed_out: payoutRule(),
    status_answered: payoutRule(),
    status_resulted: payoutRule(),
    lightning_reported: awaitingReported,
    key_taken: keyTaken,
  },
  payout_confirmed: {
    woken: confirmedWoken,
    lightning_reported: confirmedReported,
    payout_resulted: noteRule(),
    status_resulted: noteRule(),
  },
  returning: {
    woken: returningWoken,
    lightning_reported: returningReported,
    payout_resulted: noteRule(),
    status_resulted: noteRule(),
  },
  protective_claim: {
    woken: protectiveWoken,
    lightning_reported: protectiveReported,
    payout_answered: keptRule(),
    payout_resulted: keptRule(),
    payout_timed_out: keptRule(),
    status_answered: keptRule(),
    status_resulted: keptRule(),
    key_taken: keyTaken,
  },
  owed: {
    woken: owedRule(),
    payout_answered: owedRule(),
    payout_resulted: owedRule(),
    payout_timed_out: owedRule(),
    status_answered: owedRule(),
    status_resulted: owedRule(),
    invoice_attached: owedInvoice,
    key_taken: keyTaken,
  },
  refunding: { woken: refundingWoken, lightning_reported: refundingReported },
  case: {
    woken: caseWoken,
    payout_answered: caseRule(),
    payout_resulted: caseRule(),
    payout_timed_out: caseRule(),
    status_answered: caseRule(),
    status_resulted: caseRule(),
    operator_resolved: caseResolved,
  },
  claimed: {},
  refunded: {},
  cancelled: {},
  expired: {},
};

/** Steps the payout of a sell whose payment is held, and follows it. */
function payoutStepped(order: SellOrder, fact: Fact, now: number): SellDraft | null {
  const stepped = stepPayout(order.payout, fact, now);
  if (stepped === null) return null;
  const { payout, keys, cases } = stepped;
  const next = { ...order, payout, mpesaReceipt: payout.receipt ?? order.mpesaReceipt };
  const rest = { keys, cases, effects: stepped.effects };
  switch (payout.status) {
    case "confirmed": {
      const confirmed = { ...next, state: "payout_confirmed", reason: null } as const;
      return {
        ...rest,
        next: {
          ...confirmed,
          dueAt: now + timing.callMs,
          wakeAt: now + timing.callMs,
          deadlineAt: now + timing.caseMs,
        },
        postings: [books.payoutPaid(order)],
        effects: order.held === null ? [] : [claim(order.held)],
      };
    }
    case "failed":
      return { ...rest, ...handBack(next, `mpesa_${payout.failureCode ?? "refused"}`, now) };
    case "unknown":
      return { ...rest, next: awaiting(next, "payout_unknown", now) };
    default:
      // Sending again does not make what is unknown known.
      return {
        ...rest,
        next: awaiting(next, payout.perhapsSent ? "payout_unknown" : "payout_requested", now),
      };
  }
}

function awaiting(
  order: SellOrder,
  state: "payout_requested" | "payout_unknown",
  now: number,
): SellOrder {
  const deadlineAt =
    order.state === "payout_requested" || order.state === "payout_unknown"
      ? order.deadlineAt
      : untilProtection(order.held, now);
  return awake({ ...order, state, reason: null, deadlineAt });
}

/** The earlier of the payout's next step and the next look at the chain. */
function awake(order: SellOrder): SellOrder {
  return { ...order, wakeAt: Math.min(order.payout.dueAt, order.lookAt) };
}

function caseWake(order: SellOrder): number {
  const deadlineAt = order.deadlineAt ?? 0;
  return isProven(order.payout) || neverLeft(order.payout)
    ? deadlineAt
    : Math.min(order.payout.dueAt, deadlineAt);
}

/** About when the protective claim falls due: blocks are no clock. */
function untilProtection(
  held: Pick<HeldInvoice, "claimDeadlineHeight" | "tipHeight"> | null,
  now: number,
): number {
  return now + Math.max(1, blocksLeft(held) - timing.protectiveBlocks) * timing.blockMs;
}

function lookInterval(held: HeldInvoice): number {
  return blocksLeft(held) < 2 * timing.protectiveBlocks ? timing.tipLookCloseMs : timing.tipLookMs;
}

function blocksLeft(held: Pick<HeldInvoice, "claimDeadlineHeight" | "tipHeight"> | null): number {
  return held === null ? 0 : held.claimDeadlineHeight - held.tipHeight;
}

function isGone({ state }: LightningReport): boolean {
  return state === "returned" || state === "expired" || state === "failed";
}

/** What the node says of this order's held payment; null when it does not say, or speaks of another. */
function reportOf(
  order: SellOrder,
  answer: Answer<LightningReport | null>,
): LightningReport | null {
  if (!answer.ok || answer.value === null) return null;
  return answer.value.paymentHash === order.held?.paymentHash ? answer.value : null;
}

function withReport(order: SellOrder, report: LightningReport): SellOrder {
  if (order.held === null) return order;
  const { receivedMsat, claimDeadlineHeight, tipHeight } = report;
  const held: HeldInvoice = {
    ...order.held,
    receivedMsat: receivedMsat > 0n ? receivedMsat : order.held.receivedMsat,
    claimDeadlineHeight:
      claimDeadlineHeight > 0 ? claimDeadlineHeight : order.held.claimDeadlineHeight,
    tipHeight: Math.max(tipHeight, order.held.tipHeight),
  };
  return { ...order, held };
}

function look({ paymentHash }: { readonly paymentHash: string }): Effect {
  return { type: "look_at_payment", paymentHash };
}

function claim({ paymentHash }: { readonly paymentHash: string }): Effect {
  return { type: "claim_payment", paymentHash };
}

function isDue(order: SellOrder, dueAt: number, now: number): boolean {
  return now >= dueAt || now >= (order.deadlineAt ?? 0);
}

function stay(order: SellOrder, dueAt: number, effects: readonly Effect[]): SellDraft {
  return { next: { ...order, dueAt, wakeAt: dueAt }, effects };
}

/** The node answered, but not with an end: ask again soon. */
function again(order: SellOrder, now: number): SellDraft {
  const dueAt = now + timing.lightningPollMs;
  return { next: { ...order, dueAt, wakeAt: dueAt } };
}

function retryClaim(order: SellOrder, code: string, now: number): SellDraft | null {
  if (order.held === null || !isDue(order, order.dueAt, now)) return null;
  return escalate(order, code, now, {
    next: { ...order, dueAt: now + timing.callMs, wakeAt: now + timing.callMs },
    effects: [claim(order.held)],
  });
}

/** Past its deadline a state goes on trying, and a person hears of it. */
function escalate(order: SellOrder, code: string, now: number, draft: SellDraft): SellDraft {
  if (now < (order.deadlineAt ?? 0)) return draft;
  const detail = `The order has been ${order.state} for longer than it should be.`;
  return {
    ...draft,
    next: { ...draft.next, deadlineAt: now + timing.caseMs },
    cases: [...(draft.cases ?? []), { code, detail }],
  };
}

function handBack(order: SellOrder, reason: string, now: number): SellDraft {
  const dueAt = now + timing.callMs;
  return {
    next: {
      ...order,
      state: "returning",
      reason,
      dueAt,
      wakeAt: dueAt,
      deadlineAt: now + timing.caseMs,
    },
    effects:
      order.held === null
        ? []
        : [{ type: "hand_back_payment", paymentHash: order.held.paymentHash }],
  };
}

/** Ends without a payout: what was set aside for it is free again. */
function release(
  order: SellOrder,
  state: "cancelled" | "expired",
  reason: string | null,
): SellDraft {
  return { next: close(order, state, reason), postings: [books.payoutReleased(order)] };
}

function close(order: SellOrder, state: SellState, reason: string | null): SellOrder {
  return { ...order, state, reason, deadlineAt: null, wakeAt: null };
}

function toCase(
  order: SellOrder,
  code: string,
  now: number,
): SellDraft & { readonly cases: readonly CaseNote[] } {
  const next: SellOrder = {
    ...order,
    state: "case",
    reason: code,
    deadlineAt: now + timing.caseMs,
  };
  return {
    next: { ...next, wakeAt: caseWake(next) },
    cases: [{ code, detail: `The order was ${order.state}.` }],
  };
}
