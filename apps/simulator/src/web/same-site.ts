import type { HttpRequest } from "./responses.ts";

/**
 * Whether a request that changes something comes from our own pages or from a program: browsers say where a request
 * comes from, and another site must not press the handset's keys.
 */
export function isFromElsewhere({ headers }: HttpRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (typeof site === "string") return site !== "same-origin" && site !== "none";
  const { origin, host } = headers;
  return typeof origin === "string" && origin !== "null" && new URL(origin).host !== host;
}
