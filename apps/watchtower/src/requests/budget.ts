/**
 * Counts events by name, such as requests by address range, and refuses more than a number per window. A window starts
 * with a name's first event.
 */
export class Budget {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  #windows = new Map<string, { readonly startedAt: number; count: number }>();
  #clearedAt = 0;

  constructor(limit: number, windowMs: number, now: () => number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Counts one event; false if there were too many. */
  take(name: string): boolean {
    const now = this.#now();
    this.#forgetOld(now);
    const window = this.#windows.get(name);
    if (window === undefined || now - window.startedAt >= this.#windowMs) {
      this.#windows.set(name, { startedAt: now, count: 1 });
      return this.#limit > 0;
    }
    if (window.count >= this.#limit) return false;
    window.count += 1;
    return true;
  }

  #forgetOld(now: number): void {
    if (now - this.#clearedAt < this.#windowMs) return;
    this.#clearedAt = now;
    for (const [name, { startedAt }] of this.#windows)
      if (now - startedAt >= this.#windowMs) this.#windows.delete(name);
  }
}
