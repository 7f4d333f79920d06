import type { Order } from "./order.ts";

/** Whether a change is published to the holder as an event. */
export function emitsEvent(before: Order, after: Order): boolean {
  return (
    before.state !== after.state ||
    before.reason !== after.reason ||
    (before.kind === "sell" &&
      after.kind === "sell" &&
      before.held?.invoice !== after.held?.invoice)
  );
}
