const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long things may take, in milliseconds, and how many blocks. */
export const timing = {
  /** A call to another system that has not answered by then was lost with its caller. Longer than any call's time-out. */
  callMs: 45 * second,
  /** Prompts are asked about after 20, 40, 80 … seconds. */
  firstPromptPollMs: 20 * second,
  slowestPromptPollMs: 5 * minute,
  /** A prompt that nobody answered can still be paid that long. */
  promptLateMs: 15 * minute,
  /** A prompt of which M-Pesa says neither yes nor no is given up to a person then. */
  promptSilentMs: 48 * hour,
  /** A payout's result is waited for that long before its status is asked for. */
  payoutResultMs: 30 * second,
  payoutResendMs: 15 * second,
  slowestPayoutPollMs: 10 * minute,
  lightningPollMs: 2 * second,
  slowestLightningPollMs: minute,
  /** A payment that is still under way then is shown to a person; it is never given up. */
  lightningOverdueMs: 24 * hour,
  /** An invoice with less left than that is not paid any more. */
  invoiceMarginMs: 15 * second,
  /** How long a wallet has to bring a fresh invoice before its shillings go back. */
  invoiceNeededMs: 6 * hour,
  /** How often an open held invoice is looked at; the node's stream is quicker. */
  invoiceLookMs: 15 * second,
  /** What the node has after the price's end to say that nobody paid. */
  invoiceGraceMs: 30 * second,
  stepMs: 30 * second,
  caseMs: 24 * hour,
  owedMs: 7 * 24 * hour,
  /** How long a held payment's invoice lets us find out, in blocks. */
  holdBlocks: 144,
  /** A payout is only begun with at least that many blocks left. */
  leastBlocksToPayOut: 100,
  /** With that many left nothing is sent any more, not even again; M-Pesa is only asked. */
  leastBlocksToSend: 24,
  /** With that many blocks left and still no proof, the payment is claimed and owed. */
  protectiveBlocks: 12,
  blockMs: 10 * minute,
  /** What the node said of a held payment counts that long; nothing is sent on older word. */
  heldFreshMs: 10 * minute,
  tipLookMs: 5 * minute,
  tipLookCloseMs: 30 * second,
} as const;

/** How often things are tried. */
export const patience = {
  promptSends: 5,
  payoutSendsRefusedAtGateway: 8,
} as const;

/** `first`, twice that, four times …, never more than `slowest`. @param attempt counts from 1. */
export function backoff(first: number, slowest: number, attempt: number): number {
  return Math.min(slowest, first * 2 ** Math.min(Math.max(0, attempt - 1), 30));
}
