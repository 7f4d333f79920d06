import type { TowerClient } from "@satsconnect/contracts/watchtower";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Clock, Logger } from "@satsconnect/lightning";
import { backupPolicy, towerPolicy } from "../policy.ts";
import type { TowerKeys, WitnessedHead } from "./tower-keys.ts";

/** `tower_unreachable`: no usable answer. It covers a tower that answers, but not with a head of this wallet. */
type TowerHeadsError = "tower_unreachable";

/** The head of this wallet's backup at a watchtower. */
export type TowerHeads = {
  /** Undefined if the tower has none. */
  readonly read: () => Promise<Result<WitnessedHead | undefined, TowerHeadsError>>;
  /** Resolves with the head that the tower has now: this one, or a newer one, which stays. */
  readonly write: (head: WitnessedHead) => Promise<Result<WitnessedHead, TowerHeadsError>>;
};

/** Reads and writes heads through a watchtower client, encrypted with the keys. */
export function towerHeads(
  client: Pick<TowerClient, "getHead" | "putHead">,
  keys: Pick<TowerKeys, "seal" | "open">,
): TowerHeads {
  return {
    async read() {
      const answer = await client.getHead();
      if (!answer.ok) return unusable(answer.error.message);
      if (answer.value.head === null) return ok(undefined);
      const head = keys.open(answer.value.head);
      return head === undefined ? notOurs() : ok(head);
    },
    async write(head) {
      const answer = await client.putHead(keys.seal(head));
      if (!answer.ok) return unusable(answer.error.message);
      if (answer.value.accepted) return ok(head);
      const stored = keys.open(answer.value.head);
      if (stored === undefined) return notOurs();
      return isBefore(stored, head)
        ? unusable("The watchtower refuses a newer head than it has.")
        : ok(stored);
    },
  };
}

/** The watchtower's head; undefined if it has none. `isKnown` is false if it did not answer. */
export type Witnessed = { readonly isKnown: boolean; readonly head: WitnessedHead | undefined };

/**
 * Asks the watchtower how new the backup has to be. A wallet with state does not wait long for it, and a seed that was just
 * generated has no backup.
 */
export async function askTower(
  options: {
    readonly tower?: TowerHeads;
    readonly isNewSeed?: boolean;
    readonly clock: Clock;
    readonly logger: Logger;
  },
  hasState: boolean,
): Promise<Witnessed> {
  const { tower, isNewSeed, clock, logger } = options;
  if (tower === undefined || (isNewSeed === true && !hasState))
    return { isKnown: true, head: undefined };
  const timeoutMs = hasState ? backupPolicy.openTimeoutMs : towerPolicy.restoreTimeoutMs;
  const timedOut = new Promise<undefined>((resolve) => {
    clock.after(timeoutMs, () => resolve(undefined));
  });
  const answer = await Promise.race([tower.read(), timedOut]);
  if (answer?.ok === true) return { isKnown: true, head: answer.value };
  const reason = answer?.error.message ?? "no answer in time";
  logger.warn({ reason }, "the watchtower cannot say how new the backup is");
  return { isKnown: false, head: undefined };
}

function isBefore(one: WitnessedHead, other: WitnessedHead): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.commit < other.commit);
}

function unusable(message: string) {
  return err("tower_unreachable", message, "unknown");
}

function notOurs() {
  return unusable("The watchtower's head is not one of this wallet.");
}
