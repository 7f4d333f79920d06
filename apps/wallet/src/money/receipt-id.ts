/** The history's name for a payment that belongs to no order. */
export function receiptIdOf(paymentHash: string): string {
  return paymentHash;
}
