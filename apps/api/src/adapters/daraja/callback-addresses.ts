import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * What a callback is about. M-Pesa signs nothing, so each order and each question has addresses of its own that nobody can guess; words
 * that Daraja refuses in a URL (mpesa, query, …) do not appear.
 */
export const orderCallbackKinds = [
  "prompt",
  "payout",
  "payout-timeout",
  "status",
  "status-timeout",
] as const;
export type OrderCallbackKind = (typeof orderCallbackKinds)[number];

/** Of the operator's own accounts. */
export const balanceCallbackKinds = ["balance", "balance-timeout"] as const;
type BalanceCallbackKind = (typeof balanceCallbackKinds)[number];

export type CallbackKind = OrderCallbackKind | BalanceCallbackKind;

export type CallbackAddresses = {
  /** The full URL to hand to M-Pesa for one order, or for one question about balances. */
  readonly urlFor: (kind: CallbackKind, orderId: string) => string;
  /** Compares in constant time. */
  readonly isGenuine: (secret: string, kind: CallbackKind, orderId: string) => boolean;
};

export function createCallbackAddresses(publicUrl: string, key: Buffer): CallbackAddresses {
  const secretFor = (kind: CallbackKind, orderId: string) =>
    createHmac("sha256", key).update(`callback\0${kind}\0${orderId}`).digest("hex").slice(0, 48);
  return {
    urlFor: (kind, orderId) =>
      `${publicUrl}/callbacks/${secretFor(kind, orderId)}/${kind}/${orderId}`,
    isGenuine: (secret, kind, orderId) => {
      const expected = Buffer.from(secretFor(kind, orderId));
      const given = Buffer.from(secret);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
