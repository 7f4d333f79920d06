/** Kinds of callback about one order. */
export const orderCallbackKinds = [
  "prompt",
  "payout",
  "payout-timeout",
  "status",
  "status-timeout",
  "reversal",
  "reversal-timeout",
] as const;
export type OrderCallbackKind = (typeof orderCallbackKinds)[number];

/** Kinds of callback about the operator's own M-Pesa accounts. `pull` must be registered, and nothing it says is used. */
export const balanceCallbackKinds = ["balance", "balance-timeout", "pull"] as const;
type BalanceCallbackKind = (typeof balanceCallbackKinds)[number];

export type CallbackKind = OrderCallbackKind | BalanceCallbackKind;

/** @param id the order, or the balance request, that the callback is about. */
export type CallbackAddresses = {
  /** The full URL to give to M-Pesa. */
  readonly urlFor: (kind: CallbackKind, id: string) => string;
  /** Whether `secret` is the one in `urlFor(kind, id)`. Compares in constant time. */
  readonly isGenuine: (secret: string, kind: CallbackKind, id: string) => boolean;
};
