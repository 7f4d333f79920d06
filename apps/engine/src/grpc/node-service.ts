import type { Channel as WireChannel, NodeServiceServer } from "@satsconnect/contracts/grpc/node";
import type { Channel } from "@satsconnect/lightning";
import { err, msat, ok, sat } from "@satsconnect/money";
import { z } from "zod";
import type { LightningBackend } from "../lightning/backend.ts";
import type { RequestKeys } from "../store/request-keys.ts";
import type { Caps } from "../lightning/payment-caps.ts";
import type { WalletRegistry } from "../store/wallet-registry.ts";
import { unary } from "./call.ts";
import type { CallTools } from "./call.ts";
import {
  addressField,
  amountField,
  checked,
  hashField,
  keyField,
  nodeIdField,
  positiveAmountField,
  walletIdField,
} from "./validation.ts";

const listChannels = z.object({
  peerNodeId: z.union([nodeIdField, z.literal("")], {
    error: "must be a node id: 33 bytes in hex, lower case, or empty",
  }),
});
const connectPeer = z.object({ nodeId: nodeIdField, address: addressField });
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
  readonly keys: RequestKeys;
  readonly tools: CallTools;
  readonly caps: Caps;
  readonly minimumPaymentMsat: bigint;
  readonly addresses: {
    readonly tcp: readonly string[];
    readonly websocket: readonly string[];
    readonly esplora: string;
  };
  readonly feesEarnedMsat: () => Promise<bigint>;
};

const dayMs = 86_400_000;
/** What changes the node is the operator's business: a stolen orchestrator must not open, push or close. */
const administration = { changes: true, operatorOnly: true } as const;

/** `satsconnect.node.v1.NodeService`: the operator's own administration. */
export function nodeService(options: NodeServiceOptions): NodeServiceServer {
  const { backend, tools } = options;
  return {
    getInfo: unary(tools, async () => {
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

    getTreasury: unary(tools, async () => {
      const [balances, channels, transactions, feesEarnedMsat, dailySpentMsat] = await Promise.all([
        backend.balances(),
        backend.channels(),
        backend.onChainTransactions(),
        options.feesEarnedMsat(),
        backend.spentSince(tools.now() - dayMs),
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

    listChannels: unary(tools, async (request) => {
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

    listPeers: unary(tools, async () =>
      ok({
        peers: backend
          .peers()
          .map(({ nodeId, connected, inbound }) => ({ nodeId, connected, inbound })),
      }),
    ),

    connectPeer: unary(
      tools,
      async (request) => {
        const terms = checked(connectPeer, request);
        if (!terms.ok) return terms;
        const connected = await backend.connectPeer(terms.value.nodeId, terms.value.address);
        return connected.ok ? ok({}) : connected;
      },
      administration,
    ),

    openChannel: unary(
      tools,
      async (request) => {
        const terms = checked(openChannel, request);
        if (!terms.ok) return terms;
        const { capacitySat, pushMsat, peerNodeId, ...rest } = terms.value;
        if (pushMsat > capacitySat * 1_000n) {
          return err("invalid_request", "pushMsat: is more than the channel's capacity", "never");
        }
        const bound = await options.keys.bind(rest.idempotencyKey, "channel", [
          peerNodeId,
          capacitySat,
          pushMsat,
          rest.announced,
        ]);
        if (!bound.ok) return bound;
        const opened = await backend.openChannel({
          ...rest,
          peer: peerNodeId,
          capacitySat: sat(capacitySat),
          pushMsat: msat(pushMsat),
        });
        return opened.ok ? ok({ channelId: opened.value.channelId }) : opened;
      },
      administration,
    ),

    closeChannel: unary(
      tools,
      async (request) => {
        const terms = checked(closeChannel, request);
        if (!terms.ok) return terms;
        const closed = await backend.closeChannel(terms.value.channelId, terms.value.force);
        return closed.ok ? ok({}) : closed;
      },
      administration,
    ),

    newAddress: unary(
      tools,
      async () => {
        const address = await backend.newAddress();
        return address.ok ? ok({ address: address.value }) : address;
      },
      administration,
    ),

    estimateChannelOpen: unary(tools, async (request) => {
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
