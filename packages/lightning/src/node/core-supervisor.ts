import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { delay } from "../ports/clock.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import { interrupted } from "../runtime/failures.ts";
import type { LightningNode, LightningNodeOptions, NodeStatus } from "../model/lightning-node.ts";
import { RunningLife } from "./running-node.ts";
import type { LifeHooks } from "./running-node.ts";
import { TurnsOver } from "../runtime/core-loop.ts";

const firstRestartMs = 250;
const lastRestartMs = 30_000;

/** Hooks of simulations and benchmarks. */
export type NodeHooks = LifeHooks & {
  /** True for a failure that is the end, as when the power goes: the node does not start again. */
  readonly isTheEnd?: (error: unknown) => boolean;
};

/** Who is told of lives. */
type LivesWatch = {
  /** A life runs; nobody has used it yet. */
  readonly onBegin: (life: RunningLife) => void;
  readonly onEvents: (lastSequence: number) => void;
  /** The last life is over: no other one will come. */
  readonly onEnd: () => void;
};

/**
 * The lives of a node's core, one after the other: when the core or the store fails, the next one starts from the store,
 * until the node is closed or another process has taken it over.
 */
export class Lives {
  /** Resolves when the node has ended for good. */
  readonly stopped: Promise<NodeStatus>;
  readonly #options: LightningNodeOptions;
  readonly #hooks: NodeHooks;
  readonly #watch: LivesWatch;
  #life: RunningLife | undefined;
  #status: NodeStatus = "restarting";
  #restarts = 0;
  #lastTip: ReturnType<LightningNode["tip"]> = { height: 0, hash: "", timeMs: 0, synced: false };
  readonly #whenLife = new Set<() => void>();
  #stop: (status: NodeStatus) => void = () => {};

  constructor(options: LightningNodeOptions, hooks: NodeHooks, watch: LivesWatch) {
    this.#options = options;
    this.#hooks = hooks;
    this.#watch = watch;
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /** The life that runs now, if one does. */
  get current(): RunningLife | undefined {
    return this.#life;
  }

  tip(): ReturnType<LightningNode["tip"]> {
    return this.#life?.chain.tip ?? { ...this.#lastTip, synced: false };
  }

  /** Starts a life. @throws */
  async begin(): Promise<void> {
    let failure: unknown;
    let life: RunningLife;
    try {
      life = await RunningLife.begin(this.#options, this.#hooks, {
        onFailure: (error) => {
          failure = error;
          this.#onFailure(error);
        },
        onEvents: (lastSequence) => this.#watch.onEvents(lastSequence),
      });
    } catch (error) {
      throw failure ?? error;
    }
    if (this.isOver || life.turns.over) {
      life.stop();
      throw failure ?? new TurnsOver(`the node is ${this.#status}`);
    }
    this.#life = life;
    this.#status = "running";
    this.#watch.onBegin(life);
    for (const resolve of this.#whenLife) resolve();
    this.#whenLife.clear();
    const { core, logger, store } = this.#options;
    logger.info(
      { nodeId: life.nodeId, core: core.kind, ldk: core.version.lightning, store: store.kind },
      "node started",
    );
  }

  /** Ends for good, at once: nothing is stored or sent any more. */
  end(status: "closed" | "fenced"): void {
    if (this.isOver) return;
    this.#status = status;
    this.#lastTip = this.tip();
    const life = this.#life;
    this.#life = undefined;
    life?.stop();
    this.#watch.onEnd();
    for (const resolve of this.#whenLife) resolve();
    this.#whenLife.clear();
    this.#stop(status);
  }

  #onFailure(error: unknown): void {
    const { logger, clock } = this.#options;
    const life = this.#life;
    if (this.isOver) return;
    if (this.#hooks.isTheEnd?.(error) === true) {
      this.end("closed");
      return;
    }
    if (error instanceof WriterFenced) {
      logger.error({ reason: error.message }, "another process has taken this node over: stopped");
      this.end("fenced");
      return;
    }
    // a start is under way, and will fail by this
    if (this.#status === "restarting") return;
    this.#lastTip = this.tip();
    this.#status = "restarting";
    this.#life = undefined;
    // not inside the turn that failed
    clock.soon(() => life?.stop());
    void this.#restart(error, life);
  }

  async #restart(reason: unknown, ended: RunningLife | undefined): Promise<void> {
    const { logger, clock } = this.#options;
    let failure = reason;
    for (;;) {
      logger.error({ error: describe(failure) }, "node failed; it starts again from the store");
      const wait = Math.min(lastRestartMs, firstRestartMs * 2 ** this.#restarts);
      this.#restarts += 1;
      await delay(clock, wait);
      await ended?.turns.quiet();
      if (this.isOver) return;
      try {
        await this.begin();
        break;
      } catch (error) {
        if (this.isOver) return;
        if (error instanceof WriterFenced) {
          this.end("fenced");
          return;
        }
        failure = error;
      }
    }
    // a life that lasts forgets what was before
    const life = this.#life;
    await delay(clock, lastRestartMs);
    if (this.#life === life) this.#restarts = 0;
  }

  /** True once it has ended for good. */
  get isOver(): boolean {
    return this.#status === "closed" || this.#status === "fenced";
  }

  /** The life that runs, or the next one that will. @throws TurnsOver when there will be none, or at the signal. */
  async next(signal?: AbortSignal): Promise<RunningLife> {
    for (;;) {
      if (this.#life !== undefined) return this.#life;
      if (this.isOver || signal?.aborted === true) {
        throw new TurnsOver(`the node is ${this.#status}`);
      }
      await new Promise<void>((resolve) => {
        this.#whenLife.add(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** A question: asked again where the node had to start again. @throws TurnsOver when it is closed. */
  async ask<Value>(question: (life: RunningLife) => Promise<Value>): Promise<Value> {
    for (;;) {
      const life = await this.next();
      try {
        return await question(life);
      } catch (error) {
        if (!(error instanceof TurnsOver)) throw error;
      }
    }
  }

  /** A call that changes something: never repeated. */
  async use<Value, Code extends string>(
    call: (life: RunningLife) => Promise<Result<Value, Code>>,
  ): Promise<Result<Value, Code | "node_unavailable" | "node_interrupted">> {
    const life = this.#life;
    if (life === undefined) {
      return err(
        "node_unavailable",
        `The node is ${this.#status}.`,
        this.#status === "restarting" ? "safe" : "never",
      );
    }
    try {
      return await call(life);
    } catch (error) {
      if (error instanceof TurnsOver) return interrupted();
      throw error;
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
