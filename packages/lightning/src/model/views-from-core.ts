import { msat, sat } from "@satsconnect/money";
import type { Msat, Sat } from "@satsconnect/money";
import type {
  Balances as CoreBalances,
  Channel as CoreChannel,
  OnChainTransaction as CoreTransaction,
} from "../core/generated/index.ts";
import type { Balances, Channel, OnChainTransaction } from "./views.ts";

/** Parses an amount from the core's JSON. */
export function toMsat(text: string): Msat {
  return msat(BigInt(text));
}

export function toMsatOrNull(text: string | null | undefined): Msat | null {
  return text === null || text === undefined ? null : toMsat(text);
}

export function toSat(text: string): Sat {
  return sat(BigInt(text));
}

function toSatOrNull(text: string | null): Sat | null {
  return text === null ? null : toSat(text);
}

export function toChannel(channel: CoreChannel): Channel {
  return {
    channelId: channel.channelId,
    userChannelId: channel.userChannelId,
    peer: channel.peer,
    funding: channel.funding,
    scid: channel.scid,
    capacitySat: toSat(channel.capacitySat),
    balanceMsat: toMsat(channel.balanceMsat),
    outboundCapacityMsat: toMsat(channel.outboundCapacityMsat),
    inboundCapacityMsat: toMsat(channel.inboundCapacityMsat),
    pendingInboundMsat: toMsat(channel.pendingInboundMsat ?? "0"),
    pendingOutboundMsat: toMsat(channel.pendingOutboundMsat ?? "0"),
    nextOutboundHtlcLimitMsat: toMsat(channel.nextOutboundHtlcLimitMsat),
    reserveSat: toSatOrNull(channel.reserveSat),
    outbound: channel.outbound,
    announced: channel.announced,
    ready: channel.ready,
    usable: channel.usable,
    closing: channel.closing,
    forceCloseDelayBlocks: channel.forceCloseDelay,
    confirmations: channel.confirmations,
    pendingHtlcs: channel.pendingHtlcs,
  };
}

export function toBalances(
  balances: CoreBalances,
  pending: { readonly outboundMsat: Msat; readonly inboundMsat: Msat },
  openChannels: number,
): Balances {
  return {
    onChain: {
      confirmedSat: toSat(balances.onChain.confirmedSat),
      trustedPendingSat: toSat(balances.onChain.trustedPendingSat),
      untrustedPendingSat: toSat(balances.onChain.untrustedPendingSat),
      immatureSat: toSat(balances.onChain.immatureSat),
      inUseSat: toSat(balances.onChain.inUseSat),
      reservedSat: toSat(balances.onChain.reservedSat),
      spendableSat: toSat(balances.onChain.spendableSat),
    },
    sendableMsat: toMsat(balances.sendableMsat),
    receivableMsat: toMsat(balances.receivableMsat),
    channelsMsat: toMsat(balances.channelsMsat),
    outboundPendingMsat: pending.outboundMsat,
    inboundPendingMsat: pending.inboundMsat,
    claimable: balances.claimable.flatMap((claim) =>
      claim.kind === "open"
        ? []
        : [
            {
              kind: claim.kind,
              amountSat: toSat(claim.amountSat),
              height: claim.height,
              paymentHash: claim.paymentHash,
            },
          ],
    ),
    sweepingSat: toSat(balances.sweepingSat),
    closingSat: closing(balances, openChannels),
  };
}

/**
 * Our balance in channels that are closed but whose closing transaction is not confirmed. The core still reports those
 * as `open` balances although the channel list no longer has them, so it is the difference between the two.
 */
function closing(balances: CoreBalances, openChannels: number): Sat {
  const watched = balances.claimable.filter(({ kind }) => kind === "open");
  if (watched.length <= openChannels) return sat(0n);
  const all = watched.reduce((sum, { amountSat }) => sum + toSat(amountSat), 0n);
  const open = toMsat(balances.channelsMsat) / 1_000n;
  return sat(all > open ? all - open : 0n);
}

export function toOnChainTransaction(transaction: CoreTransaction): OnChainTransaction {
  return {
    txid: transaction.txid,
    receivedSat: toSat(transaction.receivedSat),
    sentSat: toSat(transaction.sentSat),
    feeSat: toSatOrNull(transaction.feeSat),
    height: transaction.height,
    at: transaction.timeSeconds === null ? null : transaction.timeSeconds * 1000,
    weight: transaction.weight,
    bump: transaction.bump,
  };
}
