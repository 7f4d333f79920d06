import type { Msat } from "@satsconnect/money";
import type { Answer, LightningReport } from "./facts.ts";
import type { LightningAttempt } from "./order.ts";
import { orderTimes } from "./policy.ts";

/*
 * What the answer to a payment call proves. A refused call proves only that this call sent nothing: an earlier call with
 * the same idempotency key may be in flight.
 */

/**
 * A refusal under our own idempotency key means that the key was used before, with other terms: after a release changed
 * them, or after this database was restored. The payment may exist.
 */
const keyUsedBefore = "idempotency_conflict";

/** Whether the answer proves that nothing was sent: the first call for this invoice was refused. */
export function provesUnsent(
  { polls }: Pick<LightningAttempt, "polls">,
  answer: Answer<LightningReport | null>,
): boolean {
  return !answer.ok && answer.retry === "never" && polls <= 1 && answer.code !== keyUsedBefore;
}

/** Whether the refused call must be followed by a status query, because an earlier call may have been accepted. */
export function mustQueryStatus(
  { polls }: Pick<LightningAttempt, "polls">,
  failure: { readonly code: string; readonly retry: string },
): boolean {
  return failure.retry === "never" && (polls > 1 || failure.code === keyUsedBefore);
}

/**
 * Whether the node's answer proves that the payment can never be made: the node has never known it, and would refuse a
 * call that is still on its way, because the invoice has expired.
 */
export function provesNeverSent(
  attempt: LightningAttempt,
  answer: Answer<LightningReport | null>,
  now: number,
): boolean {
  return isUnknown(attempt, answer, now) && !wasReported(attempt);
}

/** Whether the node has lost a payment that it had reported: it was restored to an older state. Proves nothing. */
export function isForgotten(
  attempt: LightningAttempt,
  answer: Answer<LightningReport | null>,
  now: number,
): boolean {
  return isUnknown(attempt, answer, now) && wasReported(attempt);
}

function isUnknown(
  { invoiceExpiresAt }: LightningAttempt,
  answer: Answer<LightningReport | null>,
  now: number,
): boolean {
  return (
    answer.ok && answer.value === null && now >= invoiceExpiresAt + orderTimes.unknownPaymentMs
  );
}

/** Whether the node has reported the current payment. It is never sent again then, only asked about. */
export function wasReported({ reportedHash, paymentHash }: LightningAttempt): boolean {
  return reportedHash === paymentHash;
}

/** The attempt with what a report of the node says: that it knows the payment. */
export function withReported(
  attempt: LightningAttempt,
  answer: Answer<LightningReport | null>,
): LightningAttempt {
  const hash = answer.ok ? answer.value?.paymentHash : undefined;
  return hash === attempt.paymentHash ? { ...attempt, reportedHash: hash } : attempt;
}

/** The hash of this attempt or of an earlier one that the report is about and that was paid; otherwise null. */
export function paidHash(
  attempt: LightningAttempt | null,
  answer: Answer<LightningReport | null>,
): string | null {
  if (attempt === null || !answer.ok || answer.value === null) return null;
  const { paymentHash, state, direction } = answer.value;
  if (state !== "succeeded" || direction !== "outbound") return null;
  const known = paymentHash === attempt.paymentHash || attempt.earlierHashes.includes(paymentHash);
  return known ? paymentHash : null;
}

/** The amount of the invoice with this hash: this attempt's, or an earlier one's at another price. */
export function amountOf(attempt: LightningAttempt, paymentHash: string): Msat {
  return attempt.earlierAmounts?.[paymentHash] ?? attempt.amountMsat;
}

/** The attempt with the paid hash as its current one, so that a repeated report of it changes nothing. */
export function settledBy(attempt: LightningAttempt, paymentHash: string): LightningAttempt {
  const hashes = [...attempt.earlierHashes, attempt.paymentHash];
  return {
    ...attempt,
    paymentHash,
    earlierHashes: hashes.filter((hash) => hash !== paymentHash),
  };
}
