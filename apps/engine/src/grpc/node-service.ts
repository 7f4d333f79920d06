import type { Channel as WireChannel, NodeServiceServer } from "@satsconnect/contracts/grpc/node";
import type { Channel } from "@satsconnect/lightning";
import { err, msat, ok, sat } from "@satsconnect/money";
import { z } from "zod";
import type { LightningBackend } from "../lightning/backend.ts";
import type { Logger } from "../logger.ts";
import type { Caps } from "../treasury/caps.ts";
import type { WalletRegistry } from "../wallets/registry.ts";
import { unary } from "./call.ts";
import {
  amountField,
  checked,
  hashField,
  keyField,
  nodeIdField,
  positiveAmountField,
  walletIdField,
} from "./validation.ts";

const listChannels = z.object({ peerNodeId: z.union([nodeIdField, z.literal("")]) });
const connectPeer = z.object({ nodeId: nodeIdField, address: z.string().min(3).max(300) });
const openChannel = z.object({
  idempotencyKey: keyField,
  peerNodeId: nodeIdField,
  capacitySat: positiveAmountField.max(2_100_000_000_000_000n, {
    error: "is more than all bitcoin",
  }),
  pushMsat: amountField,
  announced: z.boolean(),
});
const closeChannel = z.object({ channelId: hashField, force: z.boolean() });
const estimate = z.object({ walletId: walletIdField, amountMsat: positiveAmountField });

export type NodeServiceOptions = {
  readonly backend: LightningBackend;
  readonly wallets: WalletRegistry;
  readonly logger: Logger;
  readonly caps: Caps;
  readonly minimumPaymentMsat: bigint;
  readonly addresses: {
    readonly tcp: readonly string[];
    readonly websocket: readonly string[];
    readonly esplora: string;
  };
  readonly feesEarnedMsat: () => Promise<bigint>;
  readonly spentTodayMsat: () => Promise<bigint>;
};

/** `satsconnect.node.v1.NodeService`: the operator's own administration. */
export function nodeService(options: NodeServiceOptions): NodeServiceServer {
  const { backend, logger } = options;
  return {
    getInfo: unary(logger, async () => {
      const tip = backend.tip();
      return ok({
        nodeId: backend.nodeId,
        network: backend.network,
        core: backend.implementation.core,
        coreVersion: backend.implementation.version,
        tipHeight: tip.height,
        tipHash: tip.hash,
        tipTimeMs: BigInt(tip.timeMs),
        chainSynced: tip.synced,
        tcpAddresses: [...options.addresses.tcp],
        websocketUrls: [...options.addresses.websocket],
        esploraUrl: options.addresses.esplora,
      });
    }),

    getTreasury: unary(logger, async () => {
      const [balances, channels, transactions, feesEarnedMsat, dailySpentMsat] = await Promise.all([
        backend.balances(),
        backend.channels(),
        backend.onChainTransactions(),
        options.feesEarnedMsat(),
        options.spentTodayMsat(),
      ]);
      const { onChain } = balances;
      const reserve = onChain.confirmedSat + onChain.trustedPendingSat - onChain.spendableSat;
      // What we pay for a transaction of ours: whatever spends our coins.
      const onChainFeesSat = transactions.reduce(
        (sum, transaction) => (transaction.sentSat > 0n ? sum + (transaction.feeSat ?? 0n) : sum),
        0n,
      );
      return ok({
        onChainConfirmedSat: onChain.confirmedSat,
        onChainUnconfirmedSat: onChain.trustedPendingSat + onChain.untrustedPendingSat,
        anchorReserveSat: reserve > 0n ? reserve : 0n,
        channelsLocalMsat: balances.channelsMsat,
        channelsRemoteMsat: channels.reduce(
          (sum, channel) => sum + channel.inboundCapacityMsat,
          0n,
        ),
        inFlightOutboundMsat: balances.outboundPendingMsat,
        inFlightInboundMsat: balances.inboundPendingMsat,
        feesEarnedMsat,
        onChainFeesSat,
        dailyCapMsat: options.caps.dailyMsat,
        dailySpentMsat,
      });
    }),

    listChannels: unary(logger, async (request) => {
      const terms = checked(listChannels, request);
      if (!terms.ok) return terms;
      const { peerNodeId } = terms.value;
      const channels = await backend.channels();
      return ok({
        channels: channels
          .filter((channel) => peerNodeId === "" || channel.peer === peerNodeId)
          .map(wireChannel),
      });
    }),

    listPeers: unary(logger, async () =>
      ok({
        peers: backend
          .peers()
          .map(({ nodeId, connected, inbound }) => ({ nodeId, connected, inbound })),
      }),
    ),

    connectPeer: unary(logger, async (request) => {
      const terms = checked(connectPeer, request);
      if (!terms.ok) return terms;
      const connected = await backend.connectPeer(terms.value.nodeId, terms.value.address);
      return connected.ok ? ok({}) : connected;
    }),

    openChannel: unary(logger, async (request) => {
      const terms = checked(openChannel, request);
      if (!terms.ok) return terms;
      const { capacitySat, pushMsat, peerNodeId, ...rest } = terms.value;
      if (pushMsat > capacitySat * 1_000n) {
        return err("request_invalid", "pushMsat: is more than the channel's capacity", "never");
      }
      const opened = await backend.openChannel({
        ...rest,
        peer: peerNodeId,
        capacitySat: sat(capacitySat),
        pushMsat: msat(pushMsat),
      });
      return opened.ok ? ok({ channelId: opened.value.channelId }) : opened;
    }),

    closeChannel: unary(logger, async (request) => {
      const terms = checked(closeChannel, request);
      if (!terms.ok) return terms;
      const closed = await backend.closeChannel(terms.value.channelId, terms.value.force);
      return closed.ok ? ok({}) : closed;
    }),

    newAddress: unary(logger, async () => {
      const address = await backend.newAddress();
      return address.ok ? ok({ address: address.value }) : address;
    }),

    estimateChannelOpen: unary(logger, async (request) => {
      const terms = checked(estimate, request);
      if (!terms.ok) return terms;
      const wallet = await options.wallets.find(terms.value.walletId);
      if (wallet === null) {
        return err("wallet_not_found", "The engine knows no such wallet.", "never");
      }
      const told = await backend.estimateChannelOpen(wallet.nodeId, msat(terms.value.amountMsat));
      if (!told.ok) return told;
      return ok({
        needed: told.value.needed,
        feeMsat: told.value.needed ? told.value.feeMsat : 0n,
        minimumAmountMsat: told.value.needed ? options.minimumPaymentMsat : 0n,
      });
    }),
  };
}

function wireChannel(channel: Channel): WireChannel {
  return {
    channelId: channel.channelId,
    peerNodeId: channel.peer,
    shortChannelId: channel.scid ?? "",
    capacitySat: channel.capacitySat,
    localMsat: channel.outboundCapacityMsat,
    remoteMsat: channel.inboundCapacityMsat,
    announced: channel.announced,
    usable: channel.usable,
    outbound: channel.outbound,
    fundingTxid: channel.funding?.txid ?? "",
    confirmations: channel.confirmations ?? 0,
    pendingHtlcCount: channel.pendingHtlcs,
  };
}
