import { sellActs } from "./acts/rules.ts";
import type { Table } from "./decision.ts";
import type { SellOrder } from "./order.ts";
import { caseReported, caseRule, caseWoken, recordPayoutRule, keyTaken } from "./sell/case.ts";
import {
  heldReported,
  holderCancels,
  invoiceMade,
  invoiceReported,
  floatMissing,
  makingInvoice,
} from "./sell/invoice.ts";
import { deadlineReached } from "./sell/deadline.ts";
import { release, retryClaim } from "./sell/drafts.ts";
import {
  owedInvoice,
  owedReported,
  owedRule,
  protectiveReported,
  refundingReported,
  refundingWoken,
} from "./sell/owed.ts";
import {
  awaitingReported,
  awaitingWoken,
  confirmedReported,
  payOut,
  payoutRule,
} from "./sell/payout.ts";
import {
  contradictionRule,
  notedContradictionRule,
  returningReported,
  returningWoken,
} from "./sell/returning.ts";

const awaitingPayout: Table<SellOrder>["payout_unknown"] = {
  woken: awaitingWoken,
  payout_answered: payoutRule(),
  payout_resulted: payoutRule(),
  payout_timed_out: payoutRule(),
  status_answered: payoutRule(),
  status_resulted: payoutRule(),
  lightning_reported: awaitingReported,
  block_arrived: deadlineReached,
  key_taken: keyTaken,
  operator_acted: sellActs({
    payout_confirmed: "an operator finds that the payout was made: the sats are claimed",
    returning: "an operator finds that no payout was made: the sats go back",
  }),
};

/**
 * Bitcoin to M-Pesa. The held payment is claimed once the payout is proven, and failed back once it is proven that none
 * was made. Shortly before its deadline it is claimed without proof, and the sats are then owed to the holder.
 */
export const sellTable: Table<SellOrder> = {
  invoice_open: {
    woken: makingInvoice,
    invoice_made: invoiceMade,
    lightning_reported: invoiceReported,
    holder_cancelled: holderCancels,
    float_short: floatMissing,
    key_taken: {
      to: { cancelled: "the payment hash belongs to another order" },
      decide: (order) => release(order, "cancelled", "payment_hash_taken"),
    },
    operator_acted: sellActs({}),
  },
  held: { woken: payOut, lightning_reported: heldReported, operator_acted: sellActs({}) },
  payout_requested: awaitingPayout,
  payout_unknown: awaitingPayout,
  payout_confirmed: {
    woken: retryClaim,
    lightning_reported: confirmedReported,
    payout_answered: notedContradictionRule(),
    payout_resulted: notedContradictionRule(),
    status_answered: notedContradictionRule(),
    status_resulted: notedContradictionRule(),
    operator_acted: sellActs({}),
  },
  returning: {
    woken: returningWoken,
    lightning_reported: returningReported,
    operator_acted: sellActs({}),
    payout_answered: contradictionRule(),
    payout_resulted: contradictionRule(),
    status_answered: contradictionRule(),
    status_resulted: contradictionRule(),
  },
  protective_claim: {
    woken: retryClaim,
    lightning_reported: protectiveReported,
    operator_acted: sellActs({}),
    payout_answered: recordPayoutRule(),
    payout_resulted: recordPayoutRule(),
    payout_timed_out: recordPayoutRule(),
    status_answered: recordPayoutRule(),
    status_resulted: recordPayoutRule(),
  },
  owed: {
    woken: owedRule(),
    payout_answered: owedRule(),
    payout_resulted: owedRule(),
    payout_timed_out: owedRule(),
    status_answered: owedRule(),
    status_resulted: owedRule(),
    invoice_attached: owedInvoice,
    lightning_reported: owedReported,
    operator_acted: sellActs({
      claimed: "an operator finds that the payout was made",
      refunding: "an operator sends the owed sats to an invoice of the holder's",
    }),
  },
  refunding: {
    woken: refundingWoken,
    lightning_reported: refundingReported,
    payout_answered: notedContradictionRule(),
    payout_resulted: notedContradictionRule(),
    status_answered: notedContradictionRule(),
    status_resulted: notedContradictionRule(),
    operator_acted: sellActs({}),
  },
  case: {
    woken: caseWoken,
    payout_answered: caseRule(),
    payout_resulted: caseRule(),
    payout_timed_out: caseRule(),
    status_answered: caseRule(),
    status_resulted: caseRule(),
    lightning_reported: caseReported,
    operator_acted: sellActs({
      payout_confirmed: "an operator finds that the payout was made: the sats are claimed",
      claimed: "an operator finds that the payout was made, and the sats were claimed before",
      returning: "an operator finds that no payout was made: the sats go back",
      owed: "the sats are with us: an operator pays out again, or repays them",
      refunding: "an operator sends the sats to an invoice of the holder's",
      cancelled: "an operator writes off the payout, or closes it",
    }),
  },
  claimed: {},
  refunded: {},
  cancelled: {},
  expired: {},
};
