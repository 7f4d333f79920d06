import type { TowerClient, TowerHead } from "@satsconnect/contracts/watchtower";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Clock } from "@satsconnect/lightning";

/** `lost`: the request does not arrive. `answerLost`: it arrives, its answer does not. `silent`: no answer, ever. */
type TowerDelivery = "arrives" | "lost" | "answerLost" | "silent";

/** One wallet's head at a watchtower, with the tower's rules, in memory. */
export class MemoryTower {
  readonly clock: Clock;
  head: TowerHead | null = null;
  /** Counters of all heads that were accepted, in order. */
  readonly counters: number[] = [];
  requests = 0;
  /** Each way. */
  latencyMs = 20;
  delivery: () => TowerDelivery = () => "arrives";

  constructor(clock: Clock) {
    this.clock = clock;
  }

  put(head: TowerHead): { readonly accepted: boolean; readonly head: TowerHead } {
    const stored = this.head;
    if (stored !== null && stored.counter >= head.counter)
      return { accepted: stored.sealed === head.sealed, head: stored };
    this.head = head;
    this.counters.push(head.counter);
    return { accepted: true, head };
  }

  client(): Pick<TowerClient, "getHead" | "putHead"> {
    return {
      getHead: () => this.#deliver(() => ({ head: this.head })),
      putHead: (head) => this.#deliver(() => this.put(head)),
    };
  }

  async #deliver<Value>(call: () => Value): Promise<Result<Value, "tower_unreachable">> {
    this.requests += 1;
    const delivery = this.delivery();
    if (delivery === "silent") return new Promise(() => {});
    await this.#pause();
    const value = delivery === "lost" ? undefined : call();
    await this.#pause();
    return value === undefined || delivery === "answerLost"
      ? err("tower_unreachable", "no answer", "unknown")
      : ok(value);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(this.latencyMs, resolve);
    });
  }
}
