import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * What a callback is about. M-Pesa signs nothing, so each order has addresses of its own that nobody can guess; words
 * that Daraja refuses in a URL (mpesa, query, …) do not appear.
 */
export const callbackKinds = [
  "prompt",
  "payout",
  "payout-timeout",
  "status",
  "status-timeout",
] as const;
export type CallbackKind = (typeof callbackKinds)[number];

export type CallbackAddresses = {
  /** The full URL to hand to M-Pesa for one order. */
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
