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

/** Starts the wallet's node, or says who has it: on a phone nobody else can. The client is there at once. */
export async function openWalletClient(options: OpenOptions): Promise<OpenedWallet> {
  const seed = options.seed.slice();
  options.seed.fill(0);
  const place = await openWalletFile(options.walletId);
  return { kind: "open", client: startWallet({ ...options, seed }, place) };
}

/** The wallets that have state on this device. */
export function listWallets(): Promise<readonly string[]> {
  return listWalletFiles();
}

/** Begins to load what a home needs: the page comes with the app. */
export function preloadCore(): void {}

/** Deletes everything that this device keeps of a wallet. Its client must be closed. */
export function deleteWallet(walletId: string): Promise<void> {
  return deleteWalletFile(walletId);
}

function startWallet(options: OpenOptions, place: SqliteStorage): WalletClient {
  const seen = AppState.addEventListener("change", (state) => {
    if (state === "active") hosted.wake();
  });
  const hosted: HostedWallet = hostWallet({
    startWorker: (session, onDeath) => startView(session, onDeath, place),
    newSession: () => randomUUID(),
    seed: options.seed,
    apiUrl: options.apiUrl,
    device: options.device,
    isNewSeed: options.isNewSeed,
    restore: options.restore,
    claim: async () => undefined,
    release: () => {
      seen.remove();
      void place.close();
    },
  });
  return hosted.client;
}

function startView(session: string, onDeath: () => void, place: SqliteStorage): StartedWorker {
  const { pipe, end } = hiddenPages.begin("node", session, onDeath);
  return {
    pipe,
    encoding: textEncoding(),
    serve: serveWorker({
      store: place.store(),
      keyValueStore: place.notes,
      // React Native's own gives no answer before all of it is there; events would never come
      fetch: streamedFetch,
      webSocket: (url) => new WebSocket(url),
      mayReach: isAllowedAddress,
    }),
    kill: end,
  };
}
