import type { Clock } from "@satsconnect/lightning";

/**
 * `current`: everything is in the backup or being uploaded. `behind`: the server is reachable again and the upload is
 * catching up. `unreachable`: recent changes are on this device only. `replaced`: another device has taken over.
 */
export type BackupState = "current" | "behind" | "unreachable" | "replaced";

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
    };
  }

  get current(): BackupStatus {
    return this.#status;
  }

  subscribe(listener: (status: BackupStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notifies listeners only when `state` or `withoutBackupUntil` changes. */
  set(change: Partial<Omit<BackupStatus, "since">>): void {
    const before = this.#status;
    const isNew = change.state !== undefined && change.state !== before.state;
    this.#status = { ...before, ...change, since: isNew ? this.#clock.now() : before.since };
    if (isNew || this.#status.withoutBackupUntil !== before.withoutBackupUntil)
      for (const listener of this.#listeners) listener(this.#status);
  }
}
