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
 * Signs a login with the node's key before the node is there: a node without a past, a chain or a way out starts, signs
 * and is gone. The backup can only be asked for by who has signed in, and the node only starts from what it says.
 */
export async function signBeforeStart(
  options: SignInOptions,
  payloadJson: string,
): Promise<Result<string>> {
  const opened = await LightningNode.open({
    ...options,
    store: memoryStore(),
    chain: nowhere,
    transport: toNobody,
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

const noChain = err("chain_unreachable", "This node follows no chain.", "safe");

const nowhere: ChainSource = {
  follows: "transactions",
  pollIntervalMs: 3_600_000,
  tip: async () => noChain,
  synchronise: async () => noChain,
  feeRates: async () => ({ ok: true, value: undefined }),
  broadcast: async () => noChain,
  watch: () => {},
};

const toNobody: Transport = {
  supports: () => false,
  connect: async () => err("connect_failed", "This node connects to nobody.", "never"),
};
