import {
  acceptConfirmed,
  anyTransport,
  sealStore,
  systemClock,
  systemEntropy,
  webSocketTransport,
} from "@satsconnect/lightning";
import type { ForwardingTerms, LightningCore, LightningNodeOptions } from "@satsconnect/lightning";
import { bitcoindChain, postgresStore, tcpTransport } from "@satsconnect/lightning/nodejs";
import { sat } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";
import { rpcEndpoint } from "../bitcoin/rpc.ts";
import { subscribeZmq } from "../bitcoin/zmq.ts";
import type { Configuration } from "../config.ts";
import type { Logger } from "../logger.ts";
import { lspPolicy } from "../policy.ts";
import { readSecretFile } from "../secret-file.ts";
import { admitWithin } from "./payment-caps.ts";
import type { Caps } from "./payment-caps.ts";

/** A writer that fell silent keeps its place that long; then a standby takes over. */
const leaseMs = 4_000;
/** HTLCs that one channel may have in flight towards us: a busy merchant's side and the network's. */
const maxAcceptedHtlcs = 100;

export function forwardingTerms(configuration: Configuration): ForwardingTerms {
  return {
    feeBaseMsat: configuration.FORWARDING_BASE_MSAT,
    feeProportionalMillionths: configuration.FORWARDING_MILLIONTHS,
    cltvExpiryDelta: configuration.FORWARDING_CLTV_BLOCKS,
  };
}

/** Calls back when Bitcoin Core publishes a block, where it publishes. */
export function wakeAtBlocks(
  configuration: Configuration,
): (onChange: () => void, signal: AbortSignal) => void {
  const url = configuration.BITCOIND_ZMQ_URL;
  return (onChange, signal) => {
    if (url !== undefined) subscribeZmq(url, "hashblock", onChange, signal);
  };
}

/** What the operator's node is made of. `onFenced`: another engine runs it now; nothing we say counts any more. */
export async function nodeOptions(options: {
  readonly configuration: Configuration;
  readonly core: LightningCore;
  readonly database: Database;
  readonly caps: Caps;
  readonly logger: Logger;
  readonly now: () => number;
  readonly onFenced: () => void;
}): Promise<LightningNodeOptions> {
  const { configuration, database, logger, now } = options;
  const stateKey = readSecretFile(configuration.STATE_KEY_FILE, [32]);
  const store = await sealStore(
    postgresStore({ pool: database, leaseMs, onFenced: options.onFenced }),
    stateKey,
  );
  stateKey.fill(0);
  const endpoint = rpcEndpoint({
    url: configuration.BITCOIND_RPC_URL,
    ...(configuration.BITCOIND_COOKIE_FILE === undefined
      ? {}
      : { cookieFile: configuration.BITCOIND_COOKIE_FILE }),
  });
  return {
    core: options.core,
    network: configuration.NETWORK,
    seed: () => readSecretFile(configuration.SEED_FILE, [32, 64]),
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
    policy: {
      // The operator's own channels are opened from here; wallets get theirs from the LSP's terms.
      acceptChannel: acceptConfirmed({
        minCapacitySat: sat(configuration.CHANNEL_MINIMUM_SAT),
        channelsPerPeer: configuration.CHANNELS_PER_PEER,
      }),
      admitPayment: admitWithin(options.caps, now),
      lsp: lspPolicy(configuration),
    },
    settings: {
      announced: true,
      alias: configuration.ALIAS,
      publicAddresses: configuration.PUBLIC_TCP_ADDRESSES,
      forwarding: forwardingTerms(configuration),
      maxAcceptedHtlcs,
      onChainReserveSat: sat(configuration.ON_CHAIN_RESERVE_SAT),
    },
  };
}
