import { subtractFiat } from "@satsconnect/money";
import { book, withFile } from "../case-file.ts";
import type { BuyOrder } from "../order.ts";
import { transfer } from "../postings.ts";
import type { BuyDraft } from "./drafts.ts";

/** Takes the order's price out of suspense, if there is as much and it is not credited yet. */
export function creditFromSuspense(order: BuyOrder): BuyDraft {
  const { suspenseKesCents } = order.caseFile;
  const { amountKesCents } = order.terms;
  if (order.credit === "undelivered" || suspenseKesCents < amountKesCents) return { next: order };
  const { next, postings } = book(
    order,
    "suspense_credited",
    transfer("KES", "buys_undelivered", "kes_suspense", amountKesCents),
  );
  return {
    next: {
      ...withFile(next, { suspenseKesCents: subtractFiat(suspenseKesCents, amountKesCents) }),
      credit: "undelivered",
    },
    postings,
  };
}
