import {
  acceptConfirmed,
  acceptNone,
  anyTransport,
  encryptedStore,
  systemClock,
  systemEntropy,
  webSocketTransport,
} from "@satsconnect/lightning";
import { bitcoindChain, tcpTransport } from "@satsconnect/lightning/nodejs";
import type { PostgresStore } from "@satsconnect/lightning/nodejs";
import type { LightningCore, LightningNodeOptions } from "@satsconnect/lightning";
import { err, sat } from "@satsconnect/money";
import { rpcEndpoint } from "../bitcoin/rpc.ts";
import { subscribeZmq } from "../bitcoin/zmq.ts";
import type { Configuration } from "../config.ts";
import type { StateKeys } from "../keys/state-keys.ts";
import type { Logger } from "../logger.ts";
import { forwardingTerms, jitChannelPolicy, maxAcceptedHtlcs, onChainDailyCap } from "../policy.ts";
import type { PaymentCaps } from "../policy.ts";
import { admitOnChainWithin, admitWithinCaps } from "./payment-caps.ts";
import { pausablePolicy } from "./pauses.ts";
import { withStateCounter } from "./state-counter.ts";
import type { Pauses } from "./pauses.ts";

/** In recovery mode the node's state is old: nothing new may start from it. */
const recoveryPolicy: LightningNodeOptions["policy"] = {
  acceptChannel: acceptNone,
  admitPayment: () =>
    err("node_recovering", "The node is in recovery mode and makes no payments.", "never"),
};

/**
 * Returns a function that calls `onChange` whenever Bitcoin Core announces a block over ZeroMQ. Without
 * `BITCOIND_ZMQ_URL`, `onChange` is never called, so callers must also poll.
 */
export function wakeAtBlocks(
  configuration: Configuration,
): (onChange: () => void, signal: AbortSignal) => void {
  const url = configuration.BITCOIND_ZMQ_URL;
  return (onChange, signal) => {
    if (url !== undefined) subscribeZmq(url, "hashblock", onChange, signal);
  };
}

/**
 * Options for the operator's node, from the configuration.
 * @param options.seed the node's seed; copied at each start of the core.
 */
export async function nodeOptions(options: {
  readonly configuration: Configuration;
  readonly core: LightningCore;
  readonly store: PostgresStore;
  readonly stateKeys: Pick<StateKeys, "ring" | "checkedAtOpen">;
  /** Called with the lease, before the state is read. It may throw. */
  readonly onLease: () => Promise<void>;
  readonly seed: Uint8Array;
  readonly caps: PaymentCaps;
  /** Whether a node without a channel is a registered wallet's. */
  readonly knowsPeer: (nodeId: string) => Promise<boolean>;
  readonly pauses: Pick<Pauses, "isPaused">;
  readonly logger: Logger;
  readonly now: () => number;
}): Promise<LightningNodeOptions> {
  const { configuration, seed, stateKeys, logger, now } = options;
  const encrypted = stateKeys.checkedAtOpen(
    await encryptedStore(options.store, stateKeys.ring),
    options.onLease,
  );
  const recovery = configuration.RECOVERY === "close-channels";
  // also in recovery mode: coins that come back from closed channels can be sent on, within the cap
  const admitOnChainSend = admitOnChainWithin(onChainDailyCap(configuration));
  const store = withStateCounter(encrypted, {
    file: configuration.STATE_COUNTER_FILE ?? `${configuration.SEED_FILE}.commits`,
    recovery,
    logger,
  });
  const endpoint = rpcEndpoint({
    url: configuration.BITCOIND_RPC_URL,
    ...(configuration.BITCOIND_COOKIE_FILE === undefined
      ? {}
      : { cookieFile: configuration.BITCOIND_COOKIE_FILE }),
  });
  return {
    core: options.core,
    network: configuration.NETWORK,
    seed: () => seed.slice(),
    store,
    chain: bitcoindChain({
      url: endpoint.url,
      wake: wakeAtBlocks(configuration),
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set("authorization", endpoint.authorization());
        return fetch(input, { ...init, headers });
      },
    }),
    transport: anyTransport(tcpTransport(), webSocketTransport()),
    clock: systemClock,
    entropy: systemEntropy,
    logger,
    policy: recovery
      ? { ...recoveryPolicy, admitOnChainSend }
      : {
          // Applies to channels that peers open to us. We open channels to wallets, under the `lsp` policy below.
          acceptChannel: acceptConfirmed({
            minCapacitySat: sat(configuration.CHANNEL_MINIMUM_SAT),
            channelsPerPeer: configuration.CHANNELS_PER_PEER,
          }),
          admitPayment: admitWithinCaps(options.caps, now),
          knowsPeer: options.knowsPeer,
          admitOnChainSend,
          lsp: pausablePolicy(jitChannelPolicy(configuration, options.knowsPeer), options.pauses),
        },
    settings: {
      recovery,
      announced: true,
      alias: configuration.ALIAS,
      publicAddresses: configuration.PUBLIC_TCP_ADDRESSES,
      forwarding: forwardingTerms(configuration),
      maxAcceptedHtlcs,
      onChainReserveSat: sat(configuration.ON_CHAIN_RESERVE_SAT),
      onChainReservePerChannelSat: sat(configuration.ON_CHAIN_RESERVE_PER_CHANNEL_SAT),
    },
  };
}
