/** A node starts again within seconds; one that does not by then is told as what it is. */
const patienceMs = 15_000;

/** Whether a node that starts again and again (a storage that is full, a core that fails) is to be told of. */
export class Downtime {
  #since: number | null = null;

  /** Asked now and then. */
  isTold(isRunning: boolean, now: number): boolean {
    if (isRunning) this.#since = null;
    else this.#since ??= now;
    return this.#since !== null && now - this.#since >= patienceMs;
  }
}
