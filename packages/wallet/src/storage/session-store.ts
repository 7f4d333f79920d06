import type { SessionStore, SessionTokens } from "@satsconnect/contracts";
import type { KeyValueStore } from "./key-value-store.ts";

const sessionKey = "session";

/** Keeps the session's tokens across restarts, so that a start needs no new login. Not part of the backup. */
export function keyValueSessionStore(store: KeyValueStore): SessionStore {
  return {
    load: async () => {
      const value = await store.get(sessionKey);
      return value === undefined ? null : (JSON.parse(value) as SessionTokens);
    },
    save: (session) => store.put(sessionKey, JSON.stringify(session)),
    clear: () => store.delete(sessionKey),
  };
}
