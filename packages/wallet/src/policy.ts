/** Nobody expects money to leave on another day, whatever the invoice allows. */
const longestWaitMs = 24 * 3_600_000;

/** Until when a payment that was agreed to without a network may still go out. All times in ms since 1970. */
export function sendLaterUntil(invoiceExpiresAt: number, agreedAt: number): number {
  return Math.min(invoiceExpiresAt, agreedAt + longestWaitMs);
}
