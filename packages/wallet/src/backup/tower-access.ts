import { createTowerClient, parseTowerAddress } from "@satsconnect/contracts/watchtower";
import type { TowerClient, TowerKey } from "@satsconnect/contracts/watchtower";
import type { Clock, EntropySource } from "@satsconnect/lightning";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { towerPolicy } from "../policy.ts";
import { towerHeads } from "./tower-heads.ts";
import type { TowerHeads } from "./tower-heads.ts";
import { towerKeys } from "./tower-keys.ts";
import type { TowerKeys } from "./tower-keys.ts";

export type TowerAccessOptions = {
  /** The watchtower's `key@url`. */
  readonly address: string;
  /** The BIP 39 seed; not kept. */
  readonly seed: Uint8Array;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly fetch?: typeof fetch;
};

/** A wallet's access to a watchtower: the head of the backup, and the clients with the wallet's keys for it. */
export type TowerAccess = {
  readonly heads: TowerHeads;
  /** For appointments. It has a key of its own, so that they never hold up a head. */
  readonly client: Pick<TowerClient, "addAppointments">;
  readonly channelName: TowerKeys["channelName"];
};

/** Errors: `tower_address_invalid`. */
export function openTower(
  options: TowerAccessOptions,
): Result<TowerAccess, "tower_address_invalid"> {
  const address = parseTowerAddress(options.address);
  if (!address.ok) return address;
  const keys = towerKeys(options.seed, address.value.key, options.entropy);
  const clientOf = (key: TowerKey): TowerClient =>
    createTowerClient({
      address: address.value,
      key,
      now: () => options.clock.now(),
      timeoutMs: towerPolicy.requestTimeoutMs,
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    });
  return ok({
    heads: towerHeads(clientOf(keys.requests), keys),
    client: clientOf(keys.appointments),
    channelName: keys.channelName,
  });
}
