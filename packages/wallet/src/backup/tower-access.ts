import { createTowerClient, parseTowerAddress } from "@satsconnect/contracts/watchtower";
import type { TowerClient } from "@satsconnect/contracts/watchtower";
import type { Clock, EntropySource } from "@satsconnect/lightning";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { towerPolicy } from "../policy.ts";
import { towerHeads } from "./tower-heads.ts";
import type { TowerHeads } from "./tower-heads.ts";
import { towerKeys } from "./tower-keys.ts";

export type TowerAccessOptions = {
  /** The watchtower's `key@url`. */
  readonly address: string;
  /** The BIP 39 seed; not kept. */
  readonly seed: Uint8Array;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly fetch?: typeof fetch;
};

/** A wallet's access to a watchtower: the client with the wallet's key for it, and the head of the backup there. */
export type TowerAccess = { readonly client: TowerClient; readonly heads: TowerHeads };

/** Errors: `tower_address_invalid`. */
export function openTower(
  options: TowerAccessOptions,
): Result<TowerAccess, "tower_address_invalid"> {
  const address = parseTowerAddress(options.address);
  if (!address.ok) return address;
  const keys = towerKeys(options.seed, address.value.key, options.entropy);
  const client = createTowerClient({
    address: address.value,
    key: keys.requests,
    now: () => options.clock.now(),
    timeoutMs: towerPolicy.requestTimeoutMs,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  return ok({ client, heads: towerHeads(client, keys) });
}
