import { msat, valueOf } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import type { CoreLoopSettings } from "../runtime/core-loop.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import { Trio } from "./trio.ts";

export type ForwardsMeasured = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Duration of the first payment, including the channel opened for it (LSPS2). */
  readonly jitOpenMs: number;
  /** Totals of all three nodes per payment. */
  readonly exchangesPerPayment: number;
  readonly commitsPerPayment: number;
  readonly storeWritesPerPayment: number;
  readonly cpuMsPerPayment: number;
};

/**
 * Measures payments wallet → LSP → merchant over real sockets, `inFlight` at a time. All three nodes run in this process,
 * so that the CPU figures cover three nodes' work.
 */
export async function measureForwards(options: {
  readonly core: LightningCore;
  readonly store: (name: "wallet" | "lsp" | "merchant") => CommitStore;
  readonly payments: number;
  readonly inFlight: number;
  readonly coreLoop?: Partial<CoreLoopSettings>;
}): Promise<ForwardsMeasured> {
  const trio = await Trio.start({
    core: options.core,
    store: options.store,
    ...(options.coreLoop === undefined ? {} : { hooks: { coreLoop: options.coreLoop } }),
  });
  const jitOpenMs = await trio.openWalletChannel(msat(4_000_000_000n));
  const invoices: string[] = [];
  for (let count = 0; count < options.payments + 5; count++) {
    const made = await trio.merchant.createInvoice({
      amountMsat: msat(1_000_000n),
      description: "",
      expirySeconds: 3_600,
    });
    invoices.push(valueOf(made).request ?? "");
  }
  const times: number[] = [];
  const payOne = async (invoice: string): Promise<void> => {
    const from = performance.now();
    const started = valueOf(await trio.wallet.pay({ invoice, maxFeeMsat: msat(10_000n) }));
    const paid = await trio.wallet.whenSettled(started.paymentHash, "outbound");
    if (paid?.state !== "succeeded") throw new Error(`a payment is ${paid?.state}`);
    times.push(performance.now() - from);
  };
  for (const invoice of invoices.splice(0, 5)) await payOne(invoice);
  times.length = 0;
  const nodes = [trio.wallet, trio.lsp, trio.merchant];
  const before = total(nodes);
  const cpu = process.cpuUsage();
  const from = performance.now();
  await Promise.all(
    Array.from({ length: options.inFlight }, async () => {
      for (let next = invoices.shift(); next !== undefined; next = invoices.shift())
        await payOne(next);
    }),
  );
  const seconds = (performance.now() - from) / 1_000;
  const used = process.cpuUsage(cpu);
  const after = total(nodes);
  await trio.close();
  times.sort((a, b) => a - b);
  const each = (counter: keyof typeof before): number =>
    (after[counter] - before[counter]) / options.payments;
  return {
    perSecond: options.payments / seconds,
    p50Ms: times[Math.floor(times.length * 0.5)] ?? 0,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? 0,
    jitOpenMs,
    exchangesPerPayment: each("exchanges"),
    commitsPerPayment: each("commits"),
    storeWritesPerPayment: each("writes"),
    cpuMsPerPayment: (used.user + used.system) / 1_000 / options.payments,
  };
}

function total(
  nodes: readonly { readonly counters: { exchanges: number; commits: number; writes: number } }[],
) {
  const sum = { exchanges: 0, commits: 0, writes: 0 };
  for (const { counters } of nodes) {
    sum.exchanges += counters.exchanges;
    sum.commits += counters.commits;
    sum.writes += counters.writes;
  }
  return sum;
}
