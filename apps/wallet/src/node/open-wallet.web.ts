import type { WalletClient } from "@satsconnect/wallet/client";
import { cloneEncoding, hostWallet, portPipe, serveWorker } from "@satsconnect/wallet/host";
import { deleteWalletStorage, listWalletStorage, openWalletStorage } from "./indexed-db-storage.ts";
import type { HostedWallet, StartedWorker } from "@satsconnect/wallet/host";
import type { WalletStorage } from "./indexed-db-storage.ts";
import type { OpenOptions, OpenedWallet } from "./types.ts";
import { acquireWalletLock } from "./web-lock.ts";
import type { HeldLock } from "./web-lock.ts";

/**
 * Starts the wallet's node, or reports that another tab runs it. The client is returned at once; its snapshot tells how
 * far the node has started.
 */
export async function openWalletClient(options: OpenOptions): Promise<OpenedWallet> {
  const seed = options.seed.slice();
  options.seed.fill(0);
  const open = async (lock: HeldLock): Promise<WalletClient> => {
    const storage = await openWalletStorage(options.walletId);
    return startWallet({ ...options, seed }, storage, lock);
  };
  const lock = await acquireWalletLock(options.walletId, "if free");
  if (lock !== undefined) return { kind: "open", client: await open(lock) };
  return {
    kind: "held",
    takeOver: async () => {
      const taken = await acquireWalletLock(options.walletId, "steal");
      if (taken === undefined) throw new Error("The browser did not grant the lock");
      return open(taken);
    },
  };
}

/** Storage ids of the wallets that have state on this device. */
export function listWallets(): Promise<readonly string[]> {
  return listWalletStorage();
}

/** Starts compiling the core. Called when the app first draws, so that it is ready when the PIN has been entered. */
export function preloadCore(): void {
  void compiledCore().catch(() => {
    core = undefined;
  });
}

/** Deletes a wallet's storage on this device. Its client must be closed. */
export function deleteWallet(walletId: string): Promise<void> {
  return deleteWalletStorage(walletId);
}

function startWallet(options: OpenOptions, storage: WalletStorage, first: HeldLock): WalletClient {
  let lock = first;
  const watchLock = (held: HeldLock): void => {
    void held.lost.then(() => {
      if (lock === held) hosted.replaced();
    });
  };
  const wake = (): void => {
    if (document.visibilityState === "visible") hosted.wake();
  };
  const hosted: HostedWallet = hostWallet({
    startWorker: (session, onDeath) => startWorker(session, onDeath, storage),
    newSession: () => crypto.randomUUID(),
    seed: options.seed,
    apiUrl: options.apiUrl,
    esploraUrls: options.esploraUrls,
    watchtower: options.watchtower,
    device: options.device,
    isNewSeed: options.isNewSeed,
    restore: options.restore,
    claim: async () => {
      if (!lock.isLost()) return;
      const taken = await acquireWalletLock(options.walletId, "steal");
      if (taken === undefined) throw new Error("The browser did not grant the lock");
      lock = taken;
      watchLock(taken);
    },
    release: () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      storage.close();
      lock.release();
    },
  });
  watchLock(first);
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  return hosted.client;
}

function startWorker(session: string, onDeath: () => void, storage: WalletStorage): StartedWorker {
  const worker = new Worker(workerUrl(), { type: "module", name: "wallet" });
  const { port1, port2 } = new MessageChannel();
  let isKilled = false;
  const onFailure = (): void => {
    if (!isKilled) onDeath();
  };
  // what the worker has in memory belongs to the storage that was cut off
  const stopWatching = storage.onLost(onFailure);
  worker.addEventListener("error", onFailure);
  worker.addEventListener("messageerror", onFailure);
  worker.postMessage({ boot: "session", session, port: port2 }, [port2]);
  compiledCore().then(
    (module) => {
      if (!isKilled) worker.postMessage({ boot: "core", module });
    },
    () => {
      // the download failed: retry with the next worker
      core = undefined;
      onFailure();
    },
  );
  return {
    pipe: portPipe(port1),
    encoding: cloneEncoding(),
    serve: serveWorker({
      store: storage.store(),
      keyValueStore: storage.keyValueStore,
      fetch: (input, init) => fetch(input, init),
      webSocket: (url) => new WebSocket(url),
      mayReach: (url) => /^(?:https?|wss?):\/\//u.test(url),
    }),
    kill: () => {
      isKilled = true;
      stopWatching();
      worker.terminate();
    },
  };
}

let core: Promise<WebAssembly.Module> | undefined;

/** The core, compiled while it downloads, once per page. */
async function compiledCore(): Promise<WebAssembly.Module> {
  const link = document.querySelector<HTMLLinkElement>("link#satsconnect-core");
  core ??= WebAssembly.compileStreaming(fetch(required(link?.href)));
  return core;
}

function workerUrl(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="satsconnect-worker"]');
  return required(meta?.content);
}

/** Returns the URL of a file that the page's head names. File names contain a hash of the content. */
function required(file: string | undefined): string {
  if (file === undefined)
    throw new Error("The page's head does not name the wallet's worker and core");
  return file;
}
