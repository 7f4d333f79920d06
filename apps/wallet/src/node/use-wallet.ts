import type { WalletClient, WalletSnapshot } from "@satsconnect/wallet/client";
import { createContext, createElement, useContext, useSyncExternalStore } from "react";
import type { ReactNode } from "react";

const WalletContext = createContext<WalletClient | null>(null);

/** Provides the open wallet to the screens below. */
export function WalletProvider({
  client,
  children,
}: {
  readonly client: WalletClient;
  readonly children: ReactNode;
}) {
  return createElement(WalletContext.Provider, { value: client }, children);
}

/** The open wallet. Throws outside a `WalletProvider`. */
export function useWallet(): WalletClient {
  const client = useContext(WalletContext);
  if (client === null) throw new Error("useWallet is used outside WalletProvider");
  return client;
}

/** The open wallet's snapshot. Re-renders when it changes. */
export function useSnapshot(): WalletSnapshot {
  const client = useWallet();
  return useSyncExternalStore(client.subscribe, client.snapshot, client.snapshot);
}
