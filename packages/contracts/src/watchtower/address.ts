import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** A watchtower: its public key (BIP 340, 32 bytes, hex) and the base URL where it serves HTTP. */
export type TowerAddress = { readonly key: string; readonly url: string };

const pattern = /^([0-9a-f]{64})@(https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?)$/u;

/** Parses `key@https://host`, the form in which wallets are configured. Errors: `tower_address_invalid`. */
export function parseTowerAddress(text: string): Result<TowerAddress, "tower_address_invalid"> {
  const [, key, url] = pattern.exec(text.trim()) ?? [];
  if (key === undefined || url === undefined) {
    const message = "A watchtower's address is its key in 64 hex digits, then @, then its URL.";
    return err("tower_address_invalid", message, "never");
  }
  return ok({ key, url: url.replace(/\/+$/u, "") });
}

export function formatTowerAddress(address: TowerAddress): string {
  return `${address.key}@${address.url}`;
}
