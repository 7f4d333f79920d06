import type { WalletSnapshot } from "@satsconnect/wallet/client";
import { kesCentsOf } from "./format.ts";

/** KES cents per bitcoin, as last heard; null without any price. */
export function rateOf(snapshot: WalletSnapshot): bigint | null {
  return snapshot.rate === null ? null : BigInt(snapshot.rate.kesCentsPerBtc);
}

/** What is on this phone, in KES cents; null without a balance or a price. */
export function balanceKesCents(snapshot: WalletSnapshot): bigint | null {
  const rate = rateOf(snapshot);
  return snapshot.balance === null || rate === null
    ? null
    : kesCentsOf(BigInt(snapshot.balance.totalMsat), rate);
}

/** What can be spent now; null before the wallet has said. */
export function spendableMsat(snapshot: WalletSnapshot): bigint | null {
  return snapshot.balance === null ? null : BigInt(snapshot.balance.spendableMsat);
}
