import { buyActs } from "./acts/rules.ts";
import { caseCalledBack, caseQueried, caseWoken, keyTaken } from "./buy/case.ts";
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
import { offerNewPrice, priceReceived, priceRequested } from "./buy/price.ts";
import { credited, promptAnsweredLate, prompting } from "./buy/prompt.ts";
import { refundRule } from "./buy/refund.ts";
import type { Table } from "./decision.ts";
import type { BuyOrder } from "./order.ts";

/**
 * M-Pesa to bitcoin. A payment counts only once M-Pesa's own query confirms it, and a refund is sent only once it is
 * proven that no bitcoin was delivered.
 */
export const buyTable: Table<BuyOrder> = {
  stk_requested: prompting,
  stk_unknown: prompting,
  kes_received: {
    ...credited,
    woken: startPaying,
    priced: priceReceived,
    operator_acted: buyActs({}),
  },
  paying: {
    ...credited,
    woken: payAgain,
    lightning_reported: paymentReported,
    operator_acted: buyActs({}),
  },
  invoice_needed: {
    ...credited,
    woken: invoiceTooLate,
    invoice_attached: invoiceAttached,
    holder_cancelled: holderCancels,
    price_requested: priceRequested,
    priced: offerNewPrice,
    lightning_reported: lateSuccessReported,
    operator_acted: buyActs({
      cancelled: "M-Pesa took the shillings back for the payer",
      case: "M-Pesa took a part of the shillings back for the payer",
    }),
  },
  refunding: {
    ...credited,
    woken: refundRule(),
    payout_answered: refundRule(),
    payout_resulted: refundRule(),
    payout_timed_out: refundRule(),
    status_answered: refundRule(),
    status_resulted: refundRule(),
    reversal_answered: refundRule(),
    reversal_resulted: refundRule(),
    reversal_timed_out: refundRule(),
    float_short: refundRule(),
    lightning_reported: lateSuccessReported,
    key_taken: keyTaken,
    operator_acted: buyActs({
      refunded: "an operator finds that the refund was made",
      case: "an operator finds that the refund was not made, or a part is still to be decided about",
    }),
  },
  case: {
    woken: caseWoken,
    prompt_answered: promptAnsweredLate,
    prompt_called_back: caseCalledBack,
    prompt_query_answered: caseQueried,
    lightning_reported: caseSuccessReported,
    payout_answered: refundRule(),
    payout_resulted: refundRule(),
    payout_timed_out: refundRule(),
    status_answered: refundRule(),
    status_resulted: refundRule(),
    reversal_answered: refundRule(),
    reversal_resulted: refundRule(),
    reversal_timed_out: refundRule(),
    operator_acted: buyActs({
      kes_received: "an operator decides to deliver",
      invoice_needed: "an operator decides to deliver, and a fresh invoice is needed",
      paying: "an operator decides to deliver to another invoice of the holder's",
      refunding: "an operator decides to refund, in full or in part",
      paid: "the sats were sent after all",
      refunded: "the refund was made after all",
      cancelled: "an operator closes it: nothing is left of what was received",
    }),
  },
  paid: {},
  refunded: {},
  cancelled: {},
  expired: {},
};
