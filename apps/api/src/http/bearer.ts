import type { Sessions } from "../app/auth/sessions.ts";

/** Authenticates an `Authorization` header. Returns null if it is missing or has no well-formed bearer token. */
export async function authenticateBearer(
  sessions: Sessions,
  header: string | undefined,
): Promise<Awaited<ReturnType<Sessions["authenticate"]>> | null> {
  const token = /^Bearer ([A-Za-z0-9_.-]{1,4096})$/i.exec(header ?? "")?.[1];
  return token === undefined ? null : sessions.authenticate(token);
}
