import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { memorySessionStore } from "@satsconnect/contracts";
import { esploraChain, silentLogger, systemClock, systemEntropy } from "@satsconnect/lightning";
import type { Transport } from "@satsconnect/lightning";
import { loadCore, sqliteStore, tcpTransport } from "@satsconnect/lightning/nodejs";
import { newMnemonic, openWallet, seedOf } from "@satsconnect/wallet";
import type { Wallet } from "@satsconnect/wallet";
import { sqliteKeyValueStore } from "@satsconnect/wallet/nodejs";
import { valueOf } from "@satsconnect/money";
import type { Measure } from "./measures.ts";
import { SlowLink } from "./slow-link.ts";
import { percentile } from "./statistics.ts";
import { buy } from "./world.ts";
import type { World } from "./world.ts";

/** 300 ms round-trip time, 400 kbit/s in each direction. */
const terms = { oneWayMs: 150, bytesPerSecond: 50_000 };
const payments = 15;
/** Time between the fee preview and the confirmation, as a person needs to read it. */
const readingMs = 1_500;
/** After this long, messages that follow a payment's success have been sent. */
const restMs = 3_000;

/**
 * A wallet configured as on a phone (WASM, SQLite, backup) behind such a link: API, backup, Lightning and chain.
 * Measures the time from consent to a success that is in the backup, and the bytes in both directions from the fee
 * preview until the link is idle.
 */
export async function slowSends(world: World): Promise<readonly Measure[]> {
  const link = new SlowLink(terms);
  const { wallet, close } = await walletBehind(link, world);
  try {
    await buy(world, wallet, 1_000_000n);
    const took: number[] = [];
    const bytes: number[] = [];
    for (let place = 0; place < payments + 2; place += 1) {
      const { invoice } = await world.merchant.invoice(1_000n, "bench");
      await pause(restMs);
      const before = link.bytes;
      const preview = valueOf(wallet.previewSend(invoice));
      await pause(readingMs);
      const startedAt = performance.now();
      const payment = valueOf(await wallet.sendAndWait(invoice, preview, 60_000));
      if (payment.state !== "succeeded")
        throw new Error(`A payment ended in state ${payment.state}`);
      const milliseconds = performance.now() - startedAt;
      await pause(restMs);
      // The first payments are excluded: they discover the route.
      if (place < 2) continue;
      took.push(milliseconds);
      bytes.push(link.bytes - before);
    }
    return [
      { name: "slow_send_p50_ms", value: percentile(took, 0.5), unit: "ms" },
      { name: "slow_send_kb", value: percentile(bytes, 0.5) / 1_000, unit: "kB" },
    ];
  } finally {
    await close();
    await link.close();
  }
}

async function walletBehind(
  link: SlowLink,
  { system }: World,
): Promise<{ readonly wallet: Wallet; readonly close: () => Promise<void> }> {
  const folder = path.join(system.home, "wallets", "slow");
  mkdirSync(folder, { recursive: true });
  const notes = sqliteKeyValueStore(path.join(folder, "notes.sqlite"));
  const words = newMnemonic();
  const ways = new Map<string, Promise<number>>();
  const behind = async (host: string, port: number): Promise<number> => {
    const target = `${host}:${String(port)}`;
    const way = ways.get(target) ?? link.to(host, port);
    ways.set(target, way);
    return way;
  };
  const through = async (address: string): Promise<string> => {
    const url = new URL(address);
    url.port = String(await behind(url.hostname, Number(url.port)));
    url.hostname = "127.0.0.1";
    return url.href;
  };
  const tcp = tcpTransport();
  const transport: Transport = {
    supports: (address) => tcp.supports(address),
    connect: async (address, signal) =>
      tcp.connect(await through(address.includes("://") ? address : `tcp://${address}`), signal),
  };
  const esplora = await through(`${system.urls.esplora}/`);
  const wallet = valueOf(
    await openWallet({
      apiUrl: system.urls.api,
      seed: () => seedOf(words),
      core: await loadCore({ prefer: "wasm" }),
      store: sqliteStore(path.join(folder, "node.sqlite")),
      keyValueStore: notes,
      sessionStore: memorySessionStore(),
      // A phone polls the chain rarely; that traffic is not part of a payment.
      chain: () => esploraChain({ url: esplora.replace(/\/$/, ""), pollIntervalMs: 120_000 }),
      transport,
      clock: systemClock,
      entropy: systemEntropy,
      logger: silentLogger,
      device: { id: randomUUID(), name: "Bench behind a slow link" },
      newId: randomUUID,
      fetch: async (address, init) => fetch(await through(new Request(address).url), init),
      backup: { isNewSeed: true },
    }),
  );
  if (!(await wallet.whenConnected(30_000)))
    throw new Error("The wallet did not connect to the operator");
  return {
    wallet,
    close: async () => {
      await wallet.close();
      notes.close();
    },
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
