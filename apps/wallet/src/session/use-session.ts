import { createContext, useContext, useSyncExternalStore } from "react";
import type { WalletPreferences, WalletPreferencesStore } from "../settings/wallet-preferences.ts";
import type { Slot } from "../vault/vault.ts";

/** The open session as screens see it, apart from the wallet itself. */
export type Session = {
  readonly slot: Slot;
  /** Storage id of the wallet's state on this device. */
  readonly walletId: string;
  readonly preferences: WalletPreferencesStore;
  /** Asks for the SatsConnect PIN; resolves true when it was entered correctly, false when the person went back. */
  readonly askPin: (prompt: {
    readonly title: string;
    readonly detail: string;
  }) => Promise<boolean>;
};

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext.Provider;

/** The open session; null while the wallet is locked. */
export function useMaybeSession(): Session | null {
  return useContext(SessionContext);
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession is used outside SessionProvider");
  return session;
}

/** The open wallet's preferences. Re-renders when they change. */
export function useWalletPreferences(): WalletPreferences {
  const { preferences } = useSession();
  return useSyncExternalStore(preferences.subscribe, preferences.get, preferences.get);
}
