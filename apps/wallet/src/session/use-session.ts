import { createContext, useContext, useSyncExternalStore } from "react";
import type { Own, OwnStore } from "../settings/wallet-preferences.ts";
import type { Slot } from "../vault/vault.ts";

/** What screens may know of the session beyond the wallet itself. */
export type Session = {
  readonly slot: Slot;
  /** Names the place of the wallet's state. */
  readonly walletId: string;
  readonly own: OwnStore;
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
export function useOwn(): Own {
  const { own } = useSession();
  return useSyncExternalStore(own.subscribe, own.get, own.get);
}
