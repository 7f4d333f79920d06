import { caseCalledBack, caseQueried, caseResolved, caseWoken, keyTaken } from "./buy/case.ts";
import {
  caseSuccessReported,
  holderCancels,
  invoiceAttached,
  invoiceTooLate,
  lateSuccessReported,
  payAgain,
  paymentReported,
  startPaying,
} from "./buy/payment.ts";
import { credited, promptAnsweredLate, prompting } from "./buy/prompt.ts";
import { recordRefundRule, refundRule } from "./buy/refund.ts";
import type { Table } from "./decision.ts";
import type { BuyOrder } from "./order.ts";

/**
 * M-Pesa to bitcoin. A payment counts only once M-Pesa's own query confirms it, and a refund is sent only once it is
 * proven that no bitcoin was delivered.
 */
export const buyTable: Table<BuyOrder> = {
  stk_requested: prompting,
  stk_unknown: prompting,
  kes_received: { ...credited, woken: startPaying },
  paying: {
    ...credited,
    woken: payAgain,
    lightning_reported: paymentReported,
  },
  invoice_needed: {
    ...credited,
    woken: invoiceTooLate,
    invoice_attached: invoiceAttached,
    holder_cancelled: holderCancels,
    lightning_reported: lateSuccessReported,
  },
  refunding: {
    ...credited,
    woken: refundRule(),
    payout_answered: refundRule(),
    payout_resulted: refundRule(),
    payout_timed_out: refundRule(),
    status_answered: refundRule(),
    status_resulted: refundRule(),
    lightning_reported: lateSuccessReported,
    key_taken: keyTaken,
  },
  case: {
    woken: caseWoken,
    prompt_answered: promptAnsweredLate,
    prompt_called_back: caseCalledBack,
    prompt_query_answered: caseQueried,
    lightning_reported: caseSuccessReported,
    payout_answered: recordRefundRule(),
    payout_resulted: recordRefundRule(),
    payout_timed_out: recordRefundRule(),
    status_answered: recordRefundRule(),
    status_resulted: recordRefundRule(),
    operator_resolved: caseResolved,
  },
  paid: {},
  refunded: {},
  cancelled: {},
  expired: {},
};
