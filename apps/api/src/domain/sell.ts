import type { Table } from "./decision.ts";
import type { SellOrder } from "./order.ts";
import {
  caseReported,
  caseResolved,
  caseRule,
  caseWoken,
  recordPayoutRule,
  keyTaken,
} from "./sell/case.ts";
import {
  heldReported,
  holderCancels,
  invoiceMade,
  invoiceReported,
  makingInvoice,
} from "./sell/invoice.ts";
import { deadlineReached } from "./sell/deadline.ts";
import { release, retryClaim } from "./sell/drafts.ts";
import {
  owedInvoice,
  owedReported,
  owedResolved,
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
    key_taken: {
      to: { cancelled: "the payment hash belongs to another order" },
      decide: (order) => release(order, "cancelled", "payment_hash_taken"),
    },
  },
  held: { woken: payOut, lightning_reported: heldReported },
  payout_requested: awaitingPayout,
  payout_unknown: awaitingPayout,
  payout_confirmed: {
    woken: retryClaim,
    lightning_reported: confirmedReported,
    payout_answered: notedContradictionRule(),
    payout_resulted: notedContradictionRule(),
    status_answered: notedContradictionRule(),
    status_resulted: notedContradictionRule(),
  },
  returning: {
    woken: returningWoken,
    lightning_reported: returningReported,
    payout_answered: contradictionRule(),
    payout_resulted: contradictionRule(),
    status_answered: contradictionRule(),
    status_resulted: contradictionRule(),
  },
  protective_claim: {
    woken: retryClaim,
    lightning_reported: protectiveReported,
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
    operator_resolved: owedResolved,
  },
  refunding: {
    woken: refundingWoken,
    lightning_reported: refundingReported,
    payout_answered: notedContradictionRule(),
    payout_resulted: notedContradictionRule(),
    status_answered: notedContradictionRule(),
    status_resulted: notedContradictionRule(),
  },
  case: {
    woken: caseWoken,
    payout_answered: caseRule(),
    payout_resulted: caseRule(),
    payout_timed_out: caseRule(),
    status_answered: caseRule(),
    status_resulted: caseRule(),
    lightning_reported: caseReported,
    operator_resolved: caseResolved,
  },
  claimed: {},
  refunded: {},
  cancelled: {},
  expired: {},
};
