import type { Order } from "./order.ts";

/** Whether a change is worth an event for the holder. */
export function isNews(before: Order, after: Order): boolean {
  return (
    before.state !== after.state ||
    before.reason !== after.reason ||
    (before.kind === "sell" &&
      after.kind === "sell" &&
      before.held?.invoice !== after.held?.invoice)
  );
}
