import { LightningNode, acceptNone, memoryStore, silentLogger } from "@satsconnect/lightning";
import type {
  ChainSource,
  Clock,
  EntropySource,
  LightningCore,
  NetworkName,
  Transport,
} from "@satsconnect/lightning";
import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export type SignInOptions = {
  readonly core: LightningCore;
  readonly network: NetworkName;
  readonly seed: () => Uint8Array | Promise<Uint8Array>;
  readonly clock: Clock;
  readonly entropy: EntropySource;
};

/**
 * Signs a login with the node's key before the node has started. Reading the backup needs a login, and the node can only
 * start once the backup was read. So a temporary node with an empty store, no chain source and no transport is opened to
 * sign, and closed again.
 */
export async function signWithoutNode(
  options: SignInOptions,
  payloadJson: string,
): Promise<Result<string>> {
  const opened = await LightningNode.open({
    ...options,
    store: memoryStore(),
    chain: noChainSource,
    transport: noTransport,
    logger: silentLogger,
    policy: { acceptChannel: acceptNone },
    settings: { birthday: { height: 1, hash: "00".repeat(32) } },
  });
  if (!opened.ok) return opened;
  try {
    return await opened.value.signLogin(payloadJson);
  } finally {
    await opened.value.close();
  }
}

const chainError = err("chain_unreachable", "The signing node has no chain source.", "safe");

const noChainSource: ChainSource = {
  follows: "transactions",
  pollIntervalMs: 3_600_000,
  tip: async () => chainError,
  synchronise: async () => chainError,
  feeEstimates: async () => ({ ok: true, value: undefined }),
  broadcast: async () => chainError,
  watch: () => {},
};

const noTransport: Transport = {
  supports: () => false,
  connect: async () => err("connect_failed", "The signing node makes no connections.", "never"),
};
