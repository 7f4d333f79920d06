import type { WalletSnapshot } from "@satsconnect/wallet/client";
import { kesCentsOf } from "./format.ts";

/** The last known price in KES cents per bitcoin; null without any. */
export function rateOf(snapshot: WalletSnapshot): bigint | null {
  return snapshot.rate === null ? null : BigInt(snapshot.rate.kesCentsPerBtc);
}

/** The wallet's balance in KES cents; null without a balance or price. */
export function balanceKesCents(snapshot: WalletSnapshot): bigint | null {
  const rate = rateOf(snapshot);
  return snapshot.balance === null || rate === null
    ? null
    : kesCentsOf(BigInt(snapshot.balance.totalMsat), rate);
}

/** The balance in msat after a payment, as the home screen will show it; null where it is unknown. */
export function balanceAfter(snapshot: WalletSnapshot, paidMsat: bigint): bigint | null {
  if (snapshot.balance === null) return null;
  const left = BigInt(snapshot.balance.totalMsat) - paidMsat;
  return left < 0n ? null : left;
}

/**
 * The balance that can be spent over Lightning, in msat; null before the wallet has reported it. While the operator
 * is not connected, channels report nothing spendable. This then returns the channels' whole balance, because a
 * payment made meanwhile is queued and sent later.
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
