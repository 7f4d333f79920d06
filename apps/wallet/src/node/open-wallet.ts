import type { WalletClient } from "@satsconnect/wallet/client";
import { hostWallet, serveWorker, textEncoding } from "@satsconnect/wallet/host";
import type { HostedWallet, StartedWorker } from "@satsconnect/wallet/host";
import { randomUUID } from "expo-crypto";
import { fetch as streamedFetch } from "expo/fetch";
import { AppState } from "react-native";
import { isAllowedAddress } from "../platform/allowed-address.ts";
import { hiddenPages } from "../platform/hidden-pages.ts";
import { deleteWalletFile, listWalletFiles, openWalletFile } from "./phone-storage.native.ts";
import type { SqliteStorage } from "./sqlite-storage.ts";
import type { OpenOptions, OpenedWallet } from "./types.ts";

/** Starts the wallet's node and returns its client at once. On a phone no other process can hold the wallet. */
export async function openWalletClient(options: OpenOptions): Promise<OpenedWallet> {
  const seed = options.seed.slice();
  options.seed.fill(0);
  const storage = await openWalletFile(options.walletId);
  return { kind: "open", client: startWallet({ ...options, seed }, storage) };
}

/** Storage ids of the wallets that have state on this device. */
export function listWallets(): Promise<readonly string[]> {
  return listWalletFiles();
}

/** Nothing to preload on phones: the node's page is part of the app. */
export function preloadCore(): void {}

/** Deletes a wallet's storage on this device. Its client must be closed. */
export function deleteWallet(walletId: string): Promise<void> {
  return deleteWalletFile(walletId);
}

function startWallet(options: OpenOptions, storage: SqliteStorage): WalletClient {
  const appState = AppState.addEventListener("change", (state) => {
    if (state === "active") hosted.wake();
  });
  const hosted: HostedWallet = hostWallet({
    startWorker: (session, onDeath) => startView(session, onDeath, storage),
    newSession: () => randomUUID(),
    seed: options.seed,
    apiUrl: options.apiUrl,
    esploraUrls: options.esploraUrls,
    watchtower: options.watchtower,
    device: options.device,
    isNewSeed: options.isNewSeed,
    restore: options.restore,
    claim: async () => undefined,
    release: () => {
      appState.remove();
      void storage.close();
    },
  });
  return hosted.client;
}

function startView(session: string, onDeath: () => void, storage: SqliteStorage): StartedWorker {
  const { pipe, end } = hiddenPages.open("node", session, onDeath);
  return {
    pipe,
    encoding: textEncoding(),
    serve: serveWorker({
      store: storage.store(),
      keyValueStore: storage.keyValueStore,
      // React Native's fetch resolves only with the whole body; an event stream would never deliver
      fetch: streamedFetch,
      webSocket: (url) => new WebSocket(url),
      mayReach: isAllowedAddress,
    }),
    kill: end,
  };
}
