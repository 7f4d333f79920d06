import type { Clock } from "@satsconnect/lightning";
import type { Outdated } from "./outdated.ts";

/**
 * `current`: everything is in the backup or being uploaded. `behind`: the server is reachable again and the upload is
 * catching up. `unreachable`: recent changes are on this device only. `replaced`: another device has taken over.
 */
export type BackupState = "current" | "behind" | "unreachable" | "replaced";

/**
 * Whether a second party knows how new the backup is. `none`: no watchtower is configured. `lagging`: it has not answered,
 * and output has left without it; an older backup of before would not be recognised.
 */
export type TowerState = "none" | "current" | "lagging";

export type BackupStatus = {
  readonly state: BackupState;
  /** When the state last changed, in ms since 1970. */
  readonly since: number;
  /** Until when the person lets the wallet continue without its backup, in ms since 1970; null: output waits. */
  readonly withoutBackupUntil: number | null;
  /** Number of the node's commits that the backup does not have. */
  readonly commitsBehind: number;
  /** When the last upload succeeded in this run, in ms since 1970; null if none has. */
  readonly lastBackedUpAt: number | null;
  readonly tower: { readonly state: TowerState; readonly since: number };
  /**
   * The wallet's state was once found to be older than one that it had before; its channels of then were given up to their
   * peers. Null: never.
   */
  readonly outdated: Outdated | null;
};

/** Holds the current status and notifies listeners. */
export class BackupStatusPublisher {
  readonly #clock: Clock;
  readonly #listeners = new Set<(status: BackupStatus) => void>();
  #status: BackupStatus;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#status = {
      state: "current",
      since: clock.now(),
      withoutBackupUntil: null,
      commitsBehind: 0,
      lastBackedUpAt: null,
      tower: { state: "none", since: clock.now() },
      outdated: null,
    };
  }

  get current(): BackupStatus {
    return this.#status;
  }

  subscribe(listener: (status: BackupStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setTower(state: TowerState): void {
    if (state !== this.#status.tower.state)
      this.set({ tower: { state, since: this.#clock.now() } });
  }

  /** Notifies listeners only when `state`, `withoutBackupUntil`, `tower` or `outdated` changes. */
  set(change: Partial<Omit<BackupStatus, "since">>): void {
    const before = this.#status;
    const isNew = change.state !== undefined && change.state !== before.state;
    const now = { ...before, ...change, since: isNew ? this.#clock.now() : before.since };
    this.#status = now;
    if (
      isNew ||
      now.withoutBackupUntil !== before.withoutBackupUntil ||
      now.tower !== before.tower ||
      now.outdated !== before.outdated
    )
      for (const listener of this.#listeners) listener(now);
  }
}
