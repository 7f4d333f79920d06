import { ChannelCloseState, PauseKind as WirePauseKind } from "@satsconnect/contracts/grpc/node";
import type {
  Channel as WireChannel,
  NodeServiceServer,
  Pause as WirePause,
} from "@satsconnect/contracts/grpc/node";
import type { Channel } from "@satsconnect/lightning";
import { err, msat, ok, sat } from "@satsconnect/money";
import type { Sat } from "@satsconnect/money";
import { z } from "zod";
import type { LightningBackend } from "../lightning/backend.ts";
import { pauseKinds } from "../lightning/pauses.ts";
import type { Pause, PauseKind, Pauses } from "../lightning/pauses.ts";
import type { ChainGuard } from "../bitcoin/chain-guard.ts";
import type { RequestKeys } from "../store/request-keys.ts";
import type { StateKeyCalls } from "../keys/state-keys.ts";
import type { PaymentCaps } from "../policy.ts";
import type { ClosedChannel } from "../store/closing-channels.ts";
import type { WalletRegistry } from "../store/wallet-registry.ts";
import { unary } from "./call.ts";
import type { CallContext } from "./call.ts";
import { treasuryCalls, wireFeeRates } from "./treasury-calls.ts";
import {
  addressField,
  amountField,
  checked,
  hashField,
  keyField,
  nodeIdField,
  positiveAmountField,
  textField,
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
    error: "exceeds the supply of bitcoin",
  }),
  pushMsat: amountField,
  announced: z.boolean(),
});
const closeChannel = z.object({ channelId: hashField, force: z.boolean() });
const wireKinds = {
  payments: WirePauseKind.PAYMENTS,
  channel_opens: WirePauseKind.CHANNEL_OPENS,
  forwards: WirePauseKind.FORWARDS,
} as const satisfies Record<PauseKind, WirePauseKind>;
const setPause = z.object({
  kind: z.enum([WirePauseKind.PAYMENTS, WirePauseKind.CHANNEL_OPENS, WirePauseKind.FORWARDS], {
    error: "must be PAYMENTS, CHANNEL_OPENS or FORWARDS",
  }),
  paused: z.boolean(),
  reason: z
    .string()
    .trim()
    .min(1, { error: "must say why" })
    .max(200, { error: "must be at most 200 characters" })
    .pipe(textField),
});
const listClosed = z.object({
  limit: z.number().max(500, { error: "must be at most 500" }),
});
const estimate = z.object({ walletId: walletIdField, amountMsat: positiveAmountField });

export type NodeServiceOptions = {
  readonly backend: LightningBackend;
  readonly wallets: WalletRegistry;
  readonly keys: RequestKeys;
  readonly chain: ChainGuard;
  readonly context: CallContext;
  readonly caps: PaymentCaps;
  readonly pauses: Pauses;
  readonly stateKeys: StateKeyCalls;
  readonly addresses: {
    readonly tcp: readonly string[];
    readonly websocket: readonly string[];
    readonly esplora: string;
  };
  readonly feesEarnedMsat: () => Promise<bigint>;
  readonly onChainDailyCapSat: Sat;
  /** Newest first. */
  readonly closedChannels: (limit: number) => Promise<readonly ClosedChannel[]>;
};

const dayMs = 86_400_000;
/** Only for the operator: a compromised api must not be able to open channels, push funds or close channels. */
const administration = { mutating: true, operatorOnly: true } as const;

/** `satsconnect.node.v1.NodeService`: node administration for the operator, and read access for the api. */
export function nodeService(options: NodeServiceOptions): NodeServiceServer {
  const { backend, context } = options;
  return {
    ...treasuryCalls(backend, context),

    getInfo: unary(context, async () => {
      const tip = backend.tip();
      return ok({
        nodeId: backend.nodeId,
        network: backend.network,
        core: backend.implementation.core,
        coreVersion: backend.implementation.version,
        tipHeight: tip.height,
        tipHash: tip.hash,
        tipTimeMs: BigInt(tip.timeMs),
        chainSynced: tip.synced && options.chain().ok,
        tcpAddresses: [...options.addresses.tcp],
        websocketUrls: [...options.addresses.websocket],
        esploraUrl: options.addresses.esplora,
      });
    }),

    getTreasury: unary(context, async () => {
      const dayAgo = context.now() - dayMs;
      const [balances, channels, transactions, feesEarnedMsat, dailySpentMsat, onChainSentSat] =
        await Promise.all([
          backend.balances(),
          backend.channels(),
          backend.onChainTransactions(),
          options.feesEarnedMsat(),
          backend.spentSince(dayAgo),
          backend.sentOnChainSince(dayAgo),
        ]);
      const { onChain } = balances;
      const reserve = onChain.confirmedSat + onChain.trustedPendingSat - onChain.spendableSat;
      // On-chain fees of the transactions that spend our coins.
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
        onChainSpendableSat: onChain.spendableSat,
        onChainDailyCapSat: options.onChainDailyCapSat,
        onChainDailySentSat: onChainSentSat,
        feeRates: wireFeeRates(backend.feeRates()),
      });
    }),

    listChannels: unary(context, async (request) => {
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

    listPeers: unary(context, async () =>
      ok({
        peers: backend
          .peers()
          .map(({ nodeId, connected, inbound }) => ({ nodeId, connected, inbound })),
      }),
    ),

    connectPeer: unary(
      context,
      async (request) => {
        const terms = checked(connectPeer, request);
        if (!terms.ok) return terms;
        const connected = await backend.connectPeer(terms.value.nodeId, terms.value.address);
        return connected.ok ? ok({}) : connected;
      },
      administration,
    ),

    openChannel: unary(
      context,
      async (request) => {
        const terms = checked(openChannel, request);
        if (!terms.ok) return terms;
        const { capacitySat, pushMsat, peerNodeId, ...rest } = terms.value;
        if (pushMsat > capacitySat * 1_000n) {
          return err(
            "invalid_request",
            "pushMsat: must not exceed the capacity of the channel",
            "never",
          );
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
      context,
      async (request) => {
        const terms = checked(closeChannel, request);
        if (!terms.ok) return terms;
        const { channelId, force } = terms.value;
        const closed = await backend.closeChannel(channelId, force);
        if (!closed.ok) return closed;
        return ok({
          state: force ? ChannelCloseState.FORCE_CLOSING : ChannelCloseState.CLOSING,
        });
      },
      administration,
    ),

    listClosedChannels: unary(context, async (request) => {
      const terms = checked(listClosed, request);
      if (!terms.ok) return terms;
      const { limit } = terms.value;
      const channels = await options.closedChannels(limit === 0 ? 100 : limit);
      return ok({
        channels: channels.map(({ peer, closedAt, ...channel }) => ({
          ...channel,
          peerNodeId: peer,
          closedAtMs: BigInt(closedAt),
        })),
      });
    }),

    newAddress: unary(
      context,
      async () => {
        const address = await backend.newAddress();
        return address.ok ? ok({ address: address.value }) : address;
      },
      administration,
    ),

    setPause: unary(
      context,
      async (request) => {
        const terms = checked(setPause, request);
        if (!terms.ok) return terms;
        const { kind, paused, reason } = terms.value;
        const found = pauseKinds.find((one) => wireKinds[one] === kind);
        if (found === undefined) throw new Error("a kind of pause without a name");
        await options.pauses.set(found, paused, reason);
        return ok({ pauses: options.pauses.list().map(wirePause) });
      },
      administration,
    ),

    listPauses: unary(context, async () => ok({ pauses: options.pauses.list().map(wirePause) })),

    rotateStateKey: unary(
      context,
      async () => {
        if (!backend.running()) return err("node_unavailable", "The node is restarting.", "safe");
        const rotated = await options.stateKeys.rotate();
        return rotated.ok ? ok({ keyId: rotated.value.keyId }) : rotated;
      },
      administration,
    ),

    getStateKeys: unary(
      context,
      async () => {
        const { keys, rotation } = await options.stateKeys.status();
        return ok({
          keys: keys.map(({ id, emptiedAt, ...key }) => ({
            ...key,
            keyId: id,
            emptiedAtMs: BigInt(emptiedAt ?? 0),
          })),
          rotation:
            rotation === null
              ? undefined
              : {
                  keyId: rotation.keyId,
                  startedAtMs: BigInt(rotation.startedAt),
                  finishedAtMs: BigInt(rotation.finishedAt ?? 0),
                  looked: rotation.looked,
                  replaced: rotation.replaced,
                  failure: rotation.failure ?? "",
                },
        });
      },
      { operatorOnly: true },
    ),

    estimateChannelOpen: unary(context, async (request) => {
      const terms = checked(estimate, request);
      if (!terms.ok) return terms;
      const wallet = await options.wallets.find(terms.value.walletId);
      if (wallet === null) {
        return err("wallet_not_found", "No wallet has this id.", "never");
      }
      const opening = await backend.estimateChannelOpen(
        wallet.nodeId,
        msat(terms.value.amountMsat),
      );
      if (!opening.ok) return opening;
      return ok({
        needed: opening.value.needed,
        feeMsat: opening.value.needed ? opening.value.feeMsat : 0n,
        minimumAmountMsat: opening.value.needed ? opening.value.minPaymentMsat : 0n,
      });
    }),
  };
}

function wirePause({ kind, paused, reason, changedAt }: Pause): WirePause {
  return { kind: wireKinds[kind], paused, reason, changedAtMs: BigInt(changedAt) };
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
    closing: channel.closing,
    forceCloseDelayBlocks: channel.forceCloseDelayBlocks ?? 0,
  };
}
