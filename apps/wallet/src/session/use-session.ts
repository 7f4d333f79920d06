import { createContext, useContext, useSyncExternalStore } from "react";
import type { WalletPreferences, WalletPreferencesStore } from "../settings/wallet-preferences.ts";
import type { Slot } from "../vault/vault.ts";

/** What screens may know of the session beyond the wallet itself. */
export type Session = {
  readonly slot: Slot;
  /** Names the place of the wallet's state. */
  readonly walletId: string;
  readonly preferences: WalletPreferencesStore;
  /** Asks for the SatsConnect PIN; resolves whether it was given. */
  readonly askPin: (why: { readonly title: string; readonly detail: string }) => Promise<boolean>;
};

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext.Provider;

/** Null while nothing is open. */
export function useMaybeSession(): Session | null {
  return useContext(SessionContext);
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("There is no open session here");
  return session;
}

/** What the open wallet remembers; drawn again when it changes. */
export function useWalletPreferences(): WalletPreferences {
  const { preferences } = useSession();
  return useSyncExternalStore(preferences.subscribe, preferences.get, preferences.get);
}
