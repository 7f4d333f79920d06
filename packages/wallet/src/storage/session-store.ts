import type { SessionStore, SessionTokens } from "@satsconnect/contracts";
import type { Notes } from "./key-value-store.ts";

const sessionKey = "session";

/** The session's tokens, kept between starts: a login for each would be one too many. */
export function sessionIn(notes: Notes): SessionStore {
  return {
    load: async () => {
      const note = await notes.get(sessionKey);
      return note === undefined ? null : (JSON.parse(note) as SessionTokens);
    },
    save: (session) => notes.put(sessionKey, JSON.stringify(session)),
    clear: () => notes.delete(sessionKey),
  };
}
