import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * JSON with sorted keys and no spaces (as RFC 8785 for the values used here: text, whole numbers, booleans, null): equal
 * values give equal bytes. Members that are `undefined` are left out.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value as { readonly [key: string]: Json | undefined })
      .filter(([, member]) => member !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member ?? null)}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new Error("Canonical JSON takes whole numbers only");
  }
  return JSON.stringify(value);
}

/** The challenge of an approval: the SHA-256 of the act's canonical text, base64url. */
export function actChallenge(canonical: string): string {
  return base64url(sha256(utf8ToBytes(canonical)));
}

/** The hash of a log entry, lower-case hex: it covers every field and the hash of the entry before. */
export function logEntryHash(entry: { readonly [key: string]: Json | undefined }): string {
  const { hash: _hash, ...covered } = entry;
  return [...sha256(utf8ToBytes(canonicalJson(covered)))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
