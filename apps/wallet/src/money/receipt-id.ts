/** The history id of a payment that belongs to no order. */
export function receiptIdOf(paymentHash: string, direction: "inbound" | "outbound"): string {
  return `${direction === "inbound" ? "in" : "out"}/${paymentHash}`;
}
