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
const linkSpeed = { oneWayMs: 150, bytesPerSecond: 50_000 };
const payments = 15;
/** Time between the fee preview and the confirmation, as a person needs to read it. */
const confirmDelayMs = 1_500;
/** Wait after a payment until its remaining messages are sent, so that their bytes are counted. */
const idleMs = 3_000;

/**
 * A wallet configured as on a phone (WASM, SQLite, backup) behind a slow link: API, backup, Lightning and chain.
 * Measures the time from the confirmation until the success is in the backup, and the bytes in both directions from the fee
 * preview until the link is idle.
 */
export async function slowSends(world: World): Promise<readonly Measure[]> {
  const link = new SlowLink(linkSpeed);
  const { wallet, close } = await walletBehind(link, world);
  try {
    await buy(world, wallet, 1_000_000n);
    const durationsMs: number[] = [];
    const bytes: number[] = [];
    for (let index = 0; index < payments + 2; index += 1) {
      const { invoice } = await world.merchant.invoice(1_000n, "bench");
      await pause(idleMs);
      const before = link.bytes;
      const preview = valueOf(wallet.previewSend(invoice));
      await pause(confirmDelayMs);
      const startedAt = performance.now();
      const payment = valueOf(await wallet.sendAndWait(invoice, preview, 60_000));
      if (payment.state !== "succeeded")
        throw new Error(`A payment ended in state ${payment.state}`);
      const durationMs = performance.now() - startedAt;
      await pause(idleMs);
      // The first payments are excluded: they discover the route.
      if (index < 2) continue;
      durationsMs.push(durationMs);
      bytes.push(link.bytes - before);
    }
    return [
      { name: "slow_send_p50_ms", value: percentile(durationsMs, 0.5), unit: "ms" },
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
  const keyValueStore = sqliteKeyValueStore(path.join(folder, "key-values.sqlite"));
  const words = newMnemonic();
  const localPorts = new Map<string, Promise<number>>();
  const portBehindLink = async (host: string, port: number): Promise<number> => {
    const target = `${host}:${String(port)}`;
    const localPort = localPorts.get(target) ?? link.localPortTo(host, port);
    localPorts.set(target, localPort);
    return localPort;
  };
  const throughLink = async (address: string): Promise<string> => {
    const url = new URL(address);
    url.port = String(await portBehindLink(url.hostname, Number(url.port)));
    url.hostname = "127.0.0.1";
    return url.href;
  };
  const tcp = tcpTransport();
  const transport: Transport = {
    supports: (address) => tcp.supports(address),
    connect: async (address, signal) =>
      tcp.connect(
        await throughLink(address.includes("://") ? address : `tcp://${address}`),
        signal,
      ),
  };
  const esplora = await throughLink(`${system.urls.esplora}/`);
  const wallet = valueOf(
    await openWallet({
      apiUrl: system.urls.api,
      seed: () => seedOf(words),
      core: await loadCore({ prefer: "wasm" }),
      store: sqliteStore(path.join(folder, "node.sqlite")),
      keyValueStore,
      sessionStore: memorySessionStore(),
      // A phone polls the chain rarely; that traffic is not part of a payment.
      chain: () => esploraChain({ url: esplora.replace(/\/$/, ""), pollIntervalMs: 120_000 }),
      transport,
      clock: systemClock,
      entropy: systemEntropy,
      logger: silentLogger,
      device: { id: randomUUID(), name: "Bench behind a slow link" },
      newId: randomUUID,
      fetch: async (address, init) => fetch(await throughLink(new Request(address).url), init),
      backup: { isNewSeed: true },
    }),
  );
  if (!(await wallet.whenConnected(30_000)))
    throw new Error("The wallet did not connect to the operator");
  return {
    wallet,
    close: async () => {
      await wallet.close();
      keyValueStore.close();
    },
  };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
