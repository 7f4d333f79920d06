import { caseCalledBack, caseQueried, caseResolved, caseWoken, keyTaken } from "./buy/case.ts";
import {
  earlierPaymentReported,
  holderCancels,
  invoiceAttached,
  invoiceTooLate,
  payAgain,
  paymentReported,
  startPaying,
} from "./buy/payment.ts";
import { floatMissing, offerNewPrice, priceReceived, priceRequested } from "./buy/price.ts";
import { prompting, receiptCalledBack } from "./buy/prompt.ts";
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
    woken: startPaying,
    priced: priceReceived,
    prompt_called_back: receiptCalledBack,
  },
  paying: {
    woken: payAgain,
    lightning_reported: paymentReported,
    prompt_called_back: receiptCalledBack,
  },
  invoice_needed: {
    prompt_called_back: receiptCalledBack,
    woken: invoiceTooLate,
    invoice_attached: invoiceAttached,
    holder_cancelled: holderCancels,
    price_requested: priceRequested,
    priced: offerNewPrice,
    float_exhausted: floatMissing,
    lightning_reported: earlierPaymentReported,
  },
  refunding: {
    prompt_called_back: receiptCalledBack,
    woken: refundRule(),
    payout_answered: refundRule(),
    payout_resulted: refundRule(),
    payout_timed_out: refundRule(),
    status_answered: refundRule(),
    status_resulted: refundRule(),
    key_taken: keyTaken,
  },
  case: {
    woken: caseWoken,
    prompt_called_back: caseCalledBack,
    prompt_query_answered: caseQueried,
    operator_resolved: caseResolved,
  },
  paid: {},
  refunded: {},
  cancelled: {},
  expired: {},
};
