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

/** What is on this phone after a payment of so much, as the home screen will show it; null where that is not known. */
export function balanceAfter(snapshot: WalletSnapshot, paidMsat: bigint): bigint | null {
  if (snapshot.balance === null) return null;
  const left = BigInt(snapshot.balance.totalMsat) - paidMsat;
  return left < 0n ? null : left;
}

/**
 * What can be spent over Lightning; null before the wallet has said. While the operator is not connected the channels
 * say nothing of it: then it is all that is in them, because what is sent meanwhile waits and goes out later.
 */
export function spendableMsat(snapshot: WalletSnapshot): bigint | null {
  const { balance, connection } = snapshot;
  if (balance === null) return null;
  const inChannels = BigInt(balance.totalMsat) - BigInt(balance.onChainSat) * 1_000n;
  const spendable = BigInt(balance.spendableMsat);
  return (connection.node === "connected" && spendable > 0n) || inChannels < 0n
    ? spendable
    : inChannels;
}
