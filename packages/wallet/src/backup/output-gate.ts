import type { Clock } from "@satsconnect/lightning";

type Waiter = {
  readonly commit: number;
  readonly entry: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Holds back output until the backup has the state that it depends on. Messages to peers, answers and events of a commit
 * wait in `wait`; new connections wait in `waitToConnect` until this device is known to be the one that writes the
 * backup. A person can let the wallet continue without its backup for a time (`openUntil`).
 */
export class OutputGate {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  readonly #connecting = new Set<() => void>();
  #openUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True while a person lets the wallet continue without its backup. */
  get isOpen(): boolean {
    return this.#clock.now() < this.#openUntil;
  }

  get hasWaiters(): boolean {
    return this.#waiters.size > 0;
  }

  /** Resolves once the backup has all commits up to `commit` and all key-value entries up to `entry`. */
  wait(commit: number, entry: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ commit, entry, resolve, reject });
    });
  }

  waitToConnect(): Promise<void> {
    return new Promise((resolve) => {
      this.#connecting.add(resolve);
    });
  }

  /** Releases everything that waits, and whatever comes until then. Time in ms since 1970. */
  openUntil(untilMs: number): void {
    this.#openUntil = untilMs;
    this.#release(() => true);
  }

  close(): void {
    this.#openUntil = 0;
  }

  /** The backup has everything up to this commit and this key-value entry. */
  confirm(commit: number, entry: number): void {
    this.#release((waiter) => waiter.commit <= commit && waiter.entry <= entry);
  }

  allowConnecting(): void {
    for (const resolve of this.#connecting) resolve();
    this.#connecting.clear();
  }

  /** Fails everything that waits for a commit: this run ends, and its output must never leave. */
  reject(error: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  #release(isDone: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters) {
      if (!isDone(waiter)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
