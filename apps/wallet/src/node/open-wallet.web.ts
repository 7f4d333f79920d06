import type { WalletClient } from "@satsconnect/wallet/client";
import { cloneEncoding, hostWallet, portPipe, serveWorker } from "@satsconnect/wallet/host";
import { deleteWalletStorage, listWalletStorage, openWalletStorage } from "./indexed-db-storage.ts";
import type { HostedWallet, StartedWorker } from "@satsconnect/wallet/host";
import type { WalletStorage } from "./indexed-db-storage.ts";
import type { OpenOptions, OpenedWallet } from "./types.ts";
import { holdWallet } from "./web-lock.ts";
import type { HeldLock } from "./web-lock.ts";

/** Starts the wallet's node, or says who has it. The client is there at once; its snapshot says how far the node is. */
export async function openWalletClient(options: OpenOptions): Promise<OpenedWallet> {
  const seed = options.seed.slice();
  options.seed.fill(0);
  const open = async (lock: HeldLock): Promise<WalletClient> => {
    const place = await openWalletStorage(options.walletId);
    return startWallet({ ...options, seed }, place, lock);
  };
  const lock = await holdWallet(options.walletId, "if free");
  if (lock !== undefined) return { kind: "open", client: await open(lock) };
  return {
    kind: "held",
    takeOver: async () => {
      const taken = await holdWallet(options.walletId, "steal");
      if (taken === undefined) throw new Error("The browser gave no lock");
      return open(taken);
    },
  };
}

/** The wallets that have state on this device. */
export function listWallets(): Promise<readonly string[]> {
  return listWalletStorage();
}

/** Begins to compile the core: called as soon as the app draws, so that it is there when the PIN is. */
export function preloadCore(): void {
  void compiledCore().catch(() => {
    core = undefined;
  });
}

/** Deletes everything that this device keeps of a wallet. Its client must be closed. */
export function deleteWallet(walletId: string): Promise<void> {
  return deleteWalletStorage(walletId);
}

function startWallet(options: OpenOptions, place: WalletStorage, first: HeldLock): WalletClient {
  let lock = first;
  const whenLost = (held: HeldLock): void => {
    void held.lost.then(() => {
      if (lock === held) hosted.replaced();
    });
  };
  const wake = (): void => {
    if (document.visibilityState === "visible") hosted.wake();
  };
  const hosted: HostedWallet = hostWallet({
    startWorker: (session, onDeath) => startWorker(session, onDeath, place),
    newSession: () => crypto.randomUUID(),
    seed: options.seed,
    apiUrl: options.apiUrl,
    device: options.device,
    isNewSeed: options.isNewSeed,
    restore: options.restore,
    claim: async () => {
      if (!lock.isLost()) return;
      const taken = await holdWallet(options.walletId, "steal");
      if (taken === undefined) throw new Error("The browser gave no lock");
      lock = taken;
      whenLost(taken);
    },
    release: () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      place.close();
      lock.release();
    },
  });
  whenLost(first);
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  return hosted.client;
}

function startWorker(session: string, onDeath: () => void, place: WalletStorage): StartedWorker {
  const worker = new Worker(workerUrl(), { type: "module", name: "wallet" });
  const { port1, port2 } = new MessageChannel();
  let isKilled = false;
  const died = (): void => {
    if (!isKilled) onDeath();
  };
  worker.addEventListener("error", died);
  worker.addEventListener("messageerror", died);
  worker.postMessage({ boot: "session", session, port: port2 }, [port2]);
  compiledCore().then(
    (module) => {
      if (!isKilled) worker.postMessage({ boot: "core", module });
    },
    () => {
      // it could not be fetched: the next life tries again
      core = undefined;
      died();
    },
  );
  return {
    pipe: portPipe(port1),
    encoding: cloneEncoding(),
    serve: serveWorker({
      store: place.store(),
      keyValueStore: place.notes,
      fetch: (input, init) => fetch(input, init),
      webSocket: (url) => new WebSocket(url),
      mayReach: (url) => /^(?:https?|wss?):\/\//u.test(url),
    }),
    kill: () => {
      isKilled = true;
      worker.terminate();
    },
  };
}

let core: Promise<WebAssembly.Module> | undefined;

/** Compiled while it comes, once for every home of this page. */
async function compiledCore(): Promise<WebAssembly.Module> {
  const link = document.querySelector<HTMLLinkElement>("link#satsconnect-core");
  core ??= WebAssembly.compileStreaming(fetch(named(link?.href)));
  return core;
}

function workerUrl(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="satsconnect-worker"]');
  return named(meta?.content);
}

/** The page's head names the files of the home, whose names change with what is in them. */
function named(file: string | undefined): string {
  if (file === undefined) throw new Error("The page names no home");
  return file;
}
