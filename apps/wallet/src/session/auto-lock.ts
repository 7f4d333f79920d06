/** The two clocks and the timer that the lock uses. */
export type LockClock = {
  /** Wall clock in ms: advances during sleep, and can be set. */
  readonly now: () => number;
  /** Monotonic clock in ms: never set back, but may stop during sleep. */
  readonly monotonic: () => number;
  readonly setTimer: (delayMs: number, run: () => void) => () => void;
};

export type AutoLockOptions = {
  /** The chosen time. Applies out of sight, and in sight to an untouched app with `minIdleMs` as the minimum. */
  readonly afterMs: number;
  readonly clock: LockClock;
  /** True while a page keeps the wallet open although it is not touched, for up to `maxKeptUnlockedMs`. */
  readonly isKeptUnlocked: () => boolean;
  readonly lock: () => void;
};

type Moment = { readonly now: number; readonly monotonic: number };

/** Minimum idle time in sight, whatever was chosen: people read a price for up to two minutes before they press. */
const minIdleMs = 3 * 60_000;
/** Maximum time after the last touch that a page can keep the wallet open: as long as an invoice is valid. */
const maxKeptUnlockedMs = 15 * 60_000;

/**
 * Locks the wallet when it was out of sight, or in sight and untouched, for too long. It compares both clocks, so that
 * neither a clock that is set back nor a device that sleeps extends the time.
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

  /** A touch, pointer or key event. Locks first when the time is already over: the timer may have been suspended. */
  touch(): void {
    if (this.#hidden !== null) return;
    this.#lockIfIdle();
    this.#touched = this.#moment();
  }

  /** A page stopped keeping the wallet open: the idle time starts again now. */
  keepUnlockedEnded(): void {
    if (this.#hidden === null) this.#touched = this.#moment();
    this.#arm();
  }

  /** The app went out of sight. `isGone`: it is in the background for certain, not only behind a system dialog. */
  hide(isGone: boolean): void {
    // lock now, so that the system's list of open apps shows nothing of the wallet
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
    // lock once per idle period
    this.#touched = this.#moment();
    this.#options.lock();
  }

  #limitMs(): number {
    const { afterMs, isKeptUnlocked } = this.#options;
    return Math.max(afterMs, minIdleMs, isKeptUnlocked() ? maxKeptUnlockedMs : 0);
  }

  #arm(): void {
    this.#cancel();
    const leftMs = this.#limitMs() - this.#since(this.#touched);
    this.#cancel = this.#options.clock.setTimer(Math.max(leftMs, 1_000), () => {
      if (this.#hidden === null) this.#lockIfIdle();
      this.#arm();
    });
  }

  #moment(): Moment {
    const { now, monotonic } = this.#options.clock;
    return { now: now(), monotonic: monotonic() };
  }

  #since(then: Moment): number {
    const at = this.#moment();
    return Math.max(at.now - then.now, at.monotonic - then.monotonic);
  }
}
