import { addFiat, fiat, ok, subtractFiat } from "@satsconnect/money";
import { book, hasOpenRefund, withFile } from "../case-file.ts";
import type { ReceivedPayment } from "../case-file.ts";
import type { Draft } from "../decision.ts";
import { isFinal } from "../order.ts";
import type { BuyOrder } from "../order.ts";
import { credit, debit } from "../postings.ts";
import { refuse } from "../refund.ts";
import type { OperatorAct } from "./act.ts";
import { ended, intoSuspense } from "./book.ts";
import type { Judged } from "./book.ts";
import { close, openCase } from "../buy/drafts.ts";

type Credit = Extract<OperatorAct, { readonly type: "credit_receipt" }>;

/** Books a payment that M-Pesa's statement shows: a new one in suspense, or the truth about one that is booked. */
export function creditReceipt(order: BuyOrder, act: Credit): Judged<BuyOrder> {
  if (order.state === "stk_requested" || order.state === "stk_unknown") {
    return refuse("M-Pesa is still being asked about this order's payment. Wait until that ends.");
  }
  if (!/^[A-Z0-9]{10}$/.test(act.receipt)) {
    return refuse("A receipt is ten capital letters and digits.");
  }
  if (act.amountKesCents <= 0n) return refuse("The amount must be above zero.");
  const { payments } = order.caseFile;
  const known =
    payments.find(({ receipt }) => receipt === act.receipt) ??
    payments.find(({ receipt }) => receipt === (act.replaces ?? null));
  const keys = [{ kind: "mpesa_receipt", value: act.receipt } as const];
  if (known === undefined) {
    return typeof act.replaces === "string"
      ? refuse("No booked payment of this order has the receipt that this one replaces.")
      : ok({ ...received(order, act), keys });
  }
  const msisdn = act.msisdn ?? known.msisdn;
  if (
    known.receipt === act.receipt &&
    known.amountKesCents === act.amountKesCents &&
    known.msisdn === msisdn
  ) {
    return refuse("This receipt is booked for the order already.");
  }
  const named = { ...known, receipt: act.receipt, msisdn, amountKesCents: act.amountKesCents };
  const renamed = withFile(order, {
    payments: payments.map((payment) => (payment === known ? named : payment)),
  });
  if (known.amountKesCents === act.amountKesCents) return ok({ next: renamed, keys });
  if (known.reversal === "made" || hasOpenRefund(order)) {
    return refuse("This payment was refunded, or its refund is under way.");
  }
  return ok({ ...corrected(renamed, known, act), keys });
}

function received(order: BuyOrder, act: Credit): Draft<BuyOrder> {
  const payment: ReceivedPayment = {
    checkoutRequestId: null,
    receipt: act.receipt,
    msisdn: act.msisdn,
    amountKesCents: act.amountKesCents,
    reversal: "none",
  };
  return receive(order, payment);
}

/** A payment is booked in suspense, until an operator has decided about it. */
export function receive(order: BuyOrder, payment: ReceivedPayment): Draft<BuyOrder> {
  const { next, postings } = intoSuspense(
    order,
    "suspense_received",
    order.collectedIn,
    payment.amountKesCents,
  );
  return {
    next: withFile(next, { payments: [...order.caseFile.payments, payment] }),
    postings,
  };
}

/** More or less came in than was booked. What is missing and was given away already, the operator bears. */
function corrected(order: BuyOrder, known: ReceivedPayment, act: Credit): Draft<BuyOrder> {
  if (act.amountKesCents > known.amountKesCents) {
    return intoSuspense(
      order,
      "suspense_corrected",
      order.collectedIn,
      subtractFiat(act.amountKesCents, known.amountKesCents),
    );
  }
  const aside =
    order.state === "case" && order.credit === "undelivered"
      ? intoSuspense(order, "set_aside", "buys_undelivered", order.terms.amountKesCents)
      : { next: order, postings: [] };
  const short = subtractFiat(known.amountKesCents, act.amountKesCents);
  const { suspenseKesCents } = aside.next.caseFile;
  const fromSuspense = suspenseKesCents < short ? suspenseKesCents : short;
  const { next, postings } = book(aside.next, "suspense_corrected", [
    debit("KES", "kes_suspense", fromSuspense),
    debit("KES", "write_offs_kes", subtractFiat(short, fromSuspense)),
    credit("KES", order.collectedIn, short),
  ]);
  return {
    next: {
      ...withFile(next, { suspenseKesCents: subtractFiat(suspenseKesCents, fromSuspense) }),
      credit: aside.next === order ? order.credit : "none",
    },
    postings: [...aside.postings, ...postings],
  };
}

/**
 * The payer's own reversal was granted: M-Pesa took the shillings back. What was still here is the payer's again; for what
 * was delivered or refunded already, the payer owes us.
 */
export function paymentReversed(
  order: BuyOrder,
  act: Extract<OperatorAct, { readonly type: "payment_reversed" }>,
  now: number,
): Judged<BuyOrder> {
  const { amountKesCents, receipt, reversalReceipt } = act;
  const payment = order.caseFile.payments.find((one) => one.receipt === receipt);
  if (payment === undefined) {
    return refuse("This receipt is not booked for the order. Credit it first.");
  }
  if (payment.reversal === "made") return refuse("This receipt was reversed before.");
  if (payment.reversal === "tried" && order.caseFile.refund?.status === "open") {
    return refuse("We are reversing this receipt ourselves. Say that the refund was made instead.");
  }
  if (order.state !== "case" && order.state !== "invoice_needed" && !isFinal(order.state)) {
    return refuse(`The order is ${order.state}. Wait until it is not.`);
  }
  if (amountKesCents <= 0n || amountKesCents > payment.amountKesCents) {
    return refuse("The amount is not above zero, or above what was paid.");
  }
  const keys = [{ kind: "mpesa_receipt", value: reversalReceipt } as const];
  const payments = order.caseFile.payments.map((one) =>
    one === payment ? { ...one, reversal: "made" as const } : one,
  );
  const open =
    !isFinal(order.state) && order.credit === "undelivered"
      ? intoSuspense(order, "set_aside", "buys_undelivered", order.terms.amountKesCents)
      : { next: order, postings: [] };
  const undone = open.next === order ? order : { ...open.next, credit: "none" as const };
  const { suspenseKesCents, reversedKesCents } = undone.caseFile;
  const fromSuspense = suspenseKesCents < amountKesCents ? suspenseKesCents : amountKesCents;
  const owed = subtractFiat(amountKesCents, fromSuspense);
  const booked = book(undone, "payment_reversed", [
    debit("KES", "kes_suspense", fromSuspense),
    debit("KES", "reversed_by_payers", owed),
    credit("KES", order.collectedIn, amountKesCents),
  ]);
  const next = withFile(booked.next, {
    payments,
    suspenseKesCents: subtractFiat(suspenseKesCents, fromSuspense),
    reversedKesCents: addFiat(reversedKesCents, owed),
  });
  const draft: Draft<BuyOrder> = {
    next,
    postings: [...open.postings, ...booked.postings],
    keys,
    cases:
      owed > fiat("KES", 0n)
        ? [
            {
              code: "payment_reversed",
              detail: `M-Pesa reversed ${receipt} for the payer (${reversalReceipt}) after we had given its value.`,
            },
          ]
        : [],
  };
  if (owed > 0n) return ok(draft);
  if (isFinal(order.state)) return ok(ended(draft));
  return ok(
    next.caseFile.suspenseKesCents === 0n
      ? { ...draft, next: close(next, "cancelled", "payment_reversed"), closesCases: true }
      : { ...draft, ...openCase(next, "payment_reversed", now) },
  );
}
