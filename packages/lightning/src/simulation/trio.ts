import { msat, sat, valueOf } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { LightningCore } from "../core/core.ts";
import { standardLspPolicy } from "../model/lsp-policy.ts";
import type { NodeSettings } from "../model/lightning-node.ts";
import type { NodeHooks } from "../node/core-supervisor.ts";
import { openNode } from "../node/node-host.ts";
import type { NodeHost } from "../node/node-host.ts";
import { acceptConfirmed, acceptOnlyFrom } from "../model/node-policy.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import { systemClock } from "../ports/clock.ts";
import { systemEntropy } from "../ports/entropy.ts";
import { silentLogger } from "../ports/logger.ts";
import type { Logger } from "../ports/logger.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import { listenTcp, tcpTransport } from "../transport/tcp.ts";
import { anyTransport } from "../transport/any-transport.ts";
import type { Listener } from "../ports/transport.ts";
import { listenWebSocket } from "../transport/web-socket-listener.ts";
import { webSocketTransport } from "../transport/web-socket.ts";
import { SimulatedChain } from "./chain.ts";

export type TrioOptions = {
  readonly core: LightningCore;
  /** Must return a new store object on each call: a write that a crashed node left in progress belongs to the old one. */
  readonly store: (name: "wallet" | "lsp" | "merchant") => CommitStore | Promise<CommitStore>;
  readonly logger?: (name: string) => Logger;
  readonly hooks?: NodeHooks;
  /** The LSP's `NodePolicy.knowsPeer`. */
  readonly knowsPeer?: NonNullable<NodePolicy["knowsPeer"]>;
};

/** Three nodes in real time over real sockets, on a simulated chain: wallet —WebSocket— LSP —TCP— merchant. */
export class Trio {
  readonly chain = new SimulatedChain(systemClock);
  readonly #options: TrioOptions;
  readonly #listeners = new Map<string, readonly Listener[]>();
  wallet!: NodeHost;
  lsp!: NodeHost;
  merchant!: NodeHost;

  private constructor(options: TrioOptions) {
    this.#options = options;
  }

  /** Starts all three. Merchant and LSP have a public channel, the wallet has none yet. */
  static async start(options: TrioOptions): Promise<Trio> {
    const trio = new Trio(options);
    await trio.openLsp();
    trio.wallet = await trio.openNode("wallet");
    trio.merchant = await trio.openNode("merchant");
    for (const node of [trio.lsp, trio.merchant]) {
      for (let coin = 0; coin < 5; coin++) {
        trio.chain.fund(valueOf(await node.newAddress()), sat(20_000_000n));
      }
    }
    trio.chain.mine(1);
    await eventually(
      "funds",
      async () => (await trio.merchant.balances()).onChain.confirmedSat > 0n,
    );
    await trio.connect();
    valueOf(
      await trio.merchant.openChannel({
        peer: trio.lsp.nodeId,
        capacitySat: sat(16_000_000n),
        pushMsat: msat(8_000_000_000n),
        announced: true,
      }),
    );
    await eventually("the funding is broadcast", async () => trio.chain.mempool.length > 0);
    trio.chain.mine(6);
    await eventually("the public channel", async () =>
      (await trio.lsp.channels()).some(({ usable }) => usable),
    );
    return trio;
  }

  /** Opens or reopens the LSP and its two listeners. */
  async openLsp(): Promise<void> {
    this.lsp = await this.openNode("lsp");
    const accept = (connection: Parameters<NodeHost["accept"]>[0]): void =>
      this.lsp.accept(connection);
    await this.#stopListening();
    const local = { host: "127.0.0.1", port: 0 };
    this.#listeners.set("lsp", [
      await listenTcp(local, accept),
      await listenWebSocket(local, accept),
    ]);
  }

  async openNode(name: "wallet" | "lsp" | "merchant"): Promise<NodeHost> {
    const opened = await openNode(
      {
        core: this.#options.core,
        network: "regtest",
        seed: () => sha256(utf8ToBytes(`seed of the ${name}`)),
        store: await this.#options.store(name),
        chain: this.chain.source(),
        transport: anyTransport(tcpTransport(), webSocketTransport()),
        clock: systemClock,
        entropy: systemEntropy,
        logger: this.#options.logger?.(name) ?? silentLogger,
        policy: this.#policy(name),
        settings: settings[name],
      },
      this.#options.hooks,
    );
    return valueOf(opened);
  }

  /** The LSP's current addresses: TCP, then WebSocket. */
  lspAddresses(): readonly string[] {
    return (this.#listeners.get("lsp") ?? []).map(({ address }) => address);
  }

  /** Connects wallet and merchant to the LSP's current addresses. */
  async connect(): Promise<void> {
    const [tcp, webSocket] = this.#listeners.get("lsp") ?? [];
    const nodeId = this.lsp.nodeId;
    valueOf(await this.wallet.connect({ nodeId, address: webSocket?.address ?? "" }));
    valueOf(await this.merchant.connect({ nodeId, address: tcp?.address ?? "" }));
  }

  /** Opens the wallet's first channel by a payment from the merchant (LSPS2). Resolves with the duration in ms. */
  async openWalletChannel(amountMsat: Msat): Promise<number> {
    const jit = valueOf(
      await this.wallet.createJitInvoice({
        lsp: this.lsp.nodeId,
        amountMsat,
        description: "first",
        expirySeconds: 600,
        maxOpeningFeeMsat: msat(100_000_000n),
      }),
    );
    const from = performance.now();
    valueOf(await this.merchant.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }));
    const paid = await this.merchant.whenSettled(jit.payment.paymentHash, "outbound");
    if (paid?.state !== "succeeded") throw new Error(`the first payment is ${paid?.state}`);
    return performance.now() - from;
  }

  async close(): Promise<void> {
    await Promise.all([this.wallet.close(), this.merchant.close(), this.lsp.close()]);
    await this.#stopListening();
  }

  async #stopListening(): Promise<void> {
    await Promise.all((this.#listeners.get("lsp") ?? []).map((listener) => listener.close()));
  }

  #policy(name: string): NodePolicy {
    if (name === "wallet") return { acceptChannel: acceptOnlyFrom(this.lsp.nodeId) };
    const acceptChannel = acceptConfirmed({
      minCapacitySat: sat(100_000n),
      channelsPerPeer: 3,
    });
    if (name !== "lsp") return { acceptChannel };
    const { knowsPeer } = this.#options;
    return { acceptChannel, lsp, ...(knowsPeer === undefined ? {} : { knowsPeer }) };
  }
}

const settings: Readonly<Record<"wallet" | "lsp" | "merchant", NodeSettings>> = {
  wallet: { acceptSkimmedPayments: true },
  lsp: { announced: true, alias: "lsp", maxAcceptedHtlcs: 200 },
  merchant: { announced: true, alias: "merchant", maxAcceptedHtlcs: 200 },
};

const lsp = standardLspPolicy({
  minFeeMsat: msat(1_000_000n),
  proportionalMillionths: 4_000,
  minPaymentMsat: msat(2_000_000n),
  maxPaymentMsat: msat(7_000_000_000n),
  validForMs: 7_200_000,
  minLifetimeBlocks: 1_008,
  headroomPercent: 200,
  minCapacitySat: sat(200_000n),
  maxCapacitySat: sat(16_000_000n),
  channelsPerClient: 3,
  maxCommittedSat: sat(100_000_000n),
  maxCommittedToUnknownSat: sat(100_000_000n),
  maxFeeRateSatPerKwu: 50_000,
  opensPerHourPerClient: 100,
  opensPerHour: 1_000,
  closeUnpaidAfterMs: 86_400_000,
  forceCloseUnpaidAfterMs: 1_209_600_000,
  cltvExpiryDelta: 144,
  openTimeoutMs: 60_000,
});

/** Polls until a condition holds. @throws Error after 30 s. */
export async function eventually(
  description: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`timed out after 30 s: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
