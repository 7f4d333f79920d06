import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { systemClock, systemEntropy } from "@satsconnect/lightning";
import { loadCore, sqliteStore, tcpTransport } from "@satsconnect/lightning/nodejs";
import type { Result } from "@satsconnect/money";
import { ok } from "@satsconnect/money";
import { walletChain } from "../chain-sources.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { keyValueSessionStore } from "../storage/session-store.ts";
import { openWallet } from "../wallet.ts";
import type { Wallet, WalletOptions } from "../wallet.ts";
import { openLogFile } from "./log-file.ts";
import { sqliteKeyValueStore } from "./sqlite-key-value-store.ts";

export type FolderWalletOptions = {
  /**
   * Holds the node's state, the key-value store and the log, but not the seed. The caller must make sure that one
   * process uses it at a time.
   */
  readonly folder: string;
  readonly apiUrl: string;
  /** The BIP 39 seed, a fresh copy at each call. */
  readonly seed: () => Uint8Array;
  /** `wasm` is the build that phones run; `addon` is faster but has to be built first. */
  readonly prefer?: "addon" | "wasm";
  readonly chainPollMs?: number;
  /** Esplora servers of others than the operator; see `walletChain`. */
  readonly esploraUrls?: readonly string[];
  /** `key@url` of a watchtower that is not the operator's. */
  readonly watchtower?: string;
  /** Receives every HTTP request; for tests. */
  readonly fetch?: typeof fetch;
  /** Absent: no backup. */
  readonly backup?: NonNullable<WalletOptions["backup"]>;
};

export type FolderWallet = {
  readonly wallet: Wallet;
  readonly close: () => Promise<void>;
};

const deviceKey = "device";

async function readDevice(
  store: KeyValueStore,
): Promise<{ readonly id: string; readonly name: string }> {
  let id = await store.get(deviceKey);
  if (id === undefined) {
    id = randomUUID();
    await store.put(deviceKey, id);
  }
  return { id, name: `Terminal on ${os.hostname()}`.slice(0, 80) };
}

/** Opens a wallet with its state in a folder, over SQLite, TCP and Esplora. */
export async function openFolderWallet(
  options: FolderWalletOptions,
): Promise<Result<FolderWallet>> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const inFolder = (name: string): string => path.join(options.folder, name);
  const keyValueStore = sqliteKeyValueStore(inFolder("notes.sqlite"));
  const logger = openLogFile(inFolder("wallet.log"), () => systemClock.now());
  const release = (): void => {
    keyValueStore.close();
    logger.close();
  };
  const opened = await openWallet({
    apiUrl: options.apiUrl,
    seed: options.seed,
    core: await loadCore({ prefer: options.prefer ?? "wasm" }),
    store: sqliteStore(inFolder("node.sqlite")),
    keyValueStore,
    sessionStore: keyValueSessionStore(keyValueStore),
    chain: (url) =>
      walletChain(url, {
        independentUrls: options.esploraUrls ?? [],
        clock: systemClock,
        logger,
        pollIntervalMs: options.chainPollMs ?? 1_000,
      }),
    transport: tcpTransport(),
    clock: systemClock,
    entropy: systemEntropy,
    logger,
    device: await readDevice(keyValueStore),
    newId: randomUUID,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.watchtower === undefined ? {} : { watchtower: options.watchtower }),
    ...(options.backup === undefined ? {} : { backup: options.backup }),
  });
  if (!opened.ok) {
    release();
    return opened;
  }
  const wallet = opened.value;
  return ok({
    wallet,
    close: async () => {
      await wallet.close();
      release();
    },
  });
}
