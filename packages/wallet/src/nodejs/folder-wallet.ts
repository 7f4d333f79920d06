import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { esploraChain, systemClock, systemEntropy } from "@satsconnect/lightning";
import { loadCore, sqliteStore, tcpTransport } from "@satsconnect/lightning/nodejs";
import type { Result } from "@satsconnect/money";
import { ok } from "@satsconnect/money";
import type { Notes } from "../storage/key-value-store.ts";
import { sessionIn } from "../storage/session-store.ts";
import { openWallet } from "../wallet.ts";
import type { Wallet, WalletOptions } from "../wallet.ts";
import { openLogFile } from "./log-file.ts";
import { sqliteNotes } from "./sqlite-key-value-store.ts";

export type FolderWalletOptions = {
  /** Holds the node's state, the notes and the log; not the seed. Used by one process at a time: the caller's care. */
  readonly folder: string;
  readonly apiUrl: string;
  /** The BIP 39 seed, a fresh copy at each call. */
  readonly seed: () => Uint8Array;
  /** `wasm` is what phones run; `addon` is faster where it was built. */
  readonly prefer?: "addon" | "wasm";
  readonly chainPollMs?: number;
  /** Sees every request, for tests of what leaves the wallet. */
  readonly fetch?: typeof fetch;
  /** Absent: no backup. */
  readonly backup?: NonNullable<WalletOptions["backup"]>;
};

export type FolderWallet = {
  readonly wallet: Wallet;
  readonly close: () => Promise<void>;
};

const deviceKey = "device";

async function deviceIn(notes: Notes): Promise<{ readonly id: string; readonly name: string }> {
  let id = await notes.get(deviceKey);
  if (id === undefined) {
    id = randomUUID();
    await notes.put(deviceKey, id);
  }
  return { id, name: `Terminal on ${os.hostname()}`.slice(0, 80) };
}

/** Opens a wallet whose state lies in a folder: SQLite, TCP, the operator's Esplora. */
export async function openFolderWallet(
  options: FolderWalletOptions,
): Promise<Result<FolderWallet>> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const inFolder = (name: string): string => path.join(options.folder, name);
  const notes = sqliteNotes(inFolder("notes.sqlite"));
  const logger = openLogFile(inFolder("wallet.log"), () => systemClock.now());
  const release = (): void => {
    notes.close();
    logger.close();
  };
  const opened = await openWallet({
    apiUrl: options.apiUrl,
    seed: options.seed,
    core: await loadCore({ prefer: options.prefer ?? "wasm" }),
    store: sqliteStore(inFolder("node.sqlite")),
    notes,
    sessionStore: sessionIn(notes),
    chain: (url) => esploraChain({ url, pollIntervalMs: options.chainPollMs ?? 1_000 }),
    transport: tcpTransport(),
    clock: systemClock,
    entropy: systemEntropy,
    logger,
    device: await deviceIn(notes),
    newId: randomUUID,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
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
