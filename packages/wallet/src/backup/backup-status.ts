import type { Clock } from "@satsconnect/lightning";

/**
 * `current`: everything is in the backup, or on its way there. `behind`: reachable again, and catching up.
 * `unreachable`: what is done is not in the backup. `replaced`: another device has taken this wallet over.
 */
export type BackupState = "current" | "behind" | "unreachable" | "replaced";

export type BackupStatus = {
  readonly state: BackupState;
  readonly since: number;
  /** Until when the person lets the wallet go on without its backup; null: it waits. */
  readonly goesOnUntil: number | null;
  /** Commits of the node that the backup does not have. */
  readonly commitsBehind: number;
  /** When something last reached the backup in this run; null: not yet. */
  readonly lastBackedUpAt: number | null;
};

/** What others are told about the backup. */
export class StatusBoard {
  readonly #clock: Clock;
  readonly #listeners = new Set<(status: BackupStatus) => void>();
  #status: BackupStatus;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#status = {
      state: "current",
      since: clock.now(),
      goesOnUntil: null,
      commitsBehind: 0,
      lastBackedUpAt: null,
    };
  }

  get now(): BackupStatus {
    return this.#status;
  }

  subscribe(listener: (status: BackupStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Listeners hear of another state or permission; the figures are read. */
  set(change: Partial<Omit<BackupStatus, "since">>): void {
    const before = this.#status;
    const isNew = change.state !== undefined && change.state !== before.state;
    this.#status = { ...before, ...change, since: isNew ? this.#clock.now() : before.since };
    if (isNew || this.#status.goesOnUntil !== before.goesOnUntil)
      for (const listener of this.#listeners) listener(this.#status);
  }
}
