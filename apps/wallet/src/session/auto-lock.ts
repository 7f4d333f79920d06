/** Time as a lock sees it. */
export type LockClock = {
  /** The wall's: goes on while the device sleeps, and can be set. */
  readonly now: () => number;
  /** Only ever goes on, but may stand still while the device sleeps. */
  readonly steady: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
};

export type AutoLockOptions = {
  /** As chosen: after this long out of sight; and untouched, but not below three. */
  readonly afterMs: number;
  readonly clock: LockClock;
  /** A page that is looked at without being touched is open: it is waited for longer. */
  readonly isHeld: () => boolean;
  readonly lock: () => void;
};

type Moment = { readonly now: number; readonly steady: number };

/** In sight it is not locked sooner than this, whatever was chosen for out of sight: a price is read for up to two minutes before one presses. */
const minIdleMs = 3 * 60_000;
/** A page that holds it open does so for this long after the last touch, as long as a code to be paid lives. */
const maxHeldMs = 15 * 60_000;

/**
 * Locks what was out of sight, or in sight and untouched, for too long. Both clocks are asked: neither a clock that is set
 * back nor a device that sleeps makes it longer.
 */
export class AutoLock {
  readonly #options: AutoLockOptions;
  #touched: Moment;
  #hidden: Moment | null = null;
  #cancel: () => void = () => undefined;

  constructor(options: AutoLockOptions) {
    this.#options = options;
    this.#touched = this.#moment();
    this.#arm();
  }

  /** A finger, a pointer or a key. What comes too late does not count: the timer may have slept. */
  touch(): void {
    if (this.#hidden !== null) return;
    this.#lockIfIdle();
    this.#touched = this.#moment();
  }

  /** A page that held it open has gone: from now on it is as if it were touched a moment ago. */
  released(): void {
    if (this.#hidden === null) this.#touched = this.#moment();
    this.#arm();
  }

  /** Out of sight. `isGone`: for certain, and not only behind a question of the system's. */
  hide(isGone: boolean): void {
    // at once, so that nothing is seen of it where the system shows its open apps
    if (this.#options.afterMs === 0 && isGone) this.#options.lock();
    else this.#hidden ??= this.#moment();
  }

  show(): void {
    const hidden = this.#hidden;
    this.#hidden = null;
    if (hidden !== null && this.#since(hidden) >= this.#options.afterMs) this.#options.lock();
    this.#touched = this.#moment();
    this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #lockIfIdle(): void {
    if (this.#since(this.#touched) < this.#limitMs()) return;
    // once, until it was untouched for as long again
    this.#touched = this.#moment();
    this.#options.lock();
  }

  #limitMs(): number {
    const { afterMs, isHeld } = this.#options;
    return Math.max(afterMs, minIdleMs, isHeld() ? maxHeldMs : 0);
  }

  #arm(): void {
    this.#cancel();
    const leftMs = this.#limitMs() - this.#since(this.#touched);
    this.#cancel = this.#options.clock.after(Math.max(leftMs, 1_000), () => {
      if (this.#hidden === null) this.#lockIfIdle();
      this.#arm();
    });
  }

  #moment(): Moment {
    const { now, steady } = this.#options.clock;
    return { now: now(), steady: steady() };
  }

  #since(then: Moment): number {
    const at = this.#moment();
    return Math.max(at.now - then.now, at.steady - then.steady);
  }
}
