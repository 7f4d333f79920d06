import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { delay } from "../ports/clock.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import { interrupted } from "../runtime/failures.ts";
import type { LightningNode, LightningNodeOptions, NodeStatus } from "../model/lightning-node.ts";
import { RunningNode } from "./running-node.ts";
import type { RunningNodeHooks } from "./running-node.ts";
import { SessionEnded } from "../runtime/core-loop.ts";

const firstRestartMs = 250;
const lastRestartMs = 30_000;

/** Hooks of simulations and benchmarks. */
export type NodeHooks = RunningNodeHooks & {
  /** True for a failure that is the end, as when the power goes: the node does not start again. */
  readonly isFatal?: (error: unknown) => boolean;
};

/** Who is told of lives. */
type SupervisorObserver = {
  /** A life runs; nobody has used it yet. */
  readonly onBegin: (running: RunningNode) => void;
  readonly onEvents: (lastSequence: number) => void;
  /** The last life is over: no other one will come. */
  readonly onEnd: () => void;
};

/**
 * The lives of a node's core, one after the other: when the core or the store fails, the next one starts from the store,
 * until the node is closed or another process has taken it over.
 */
export class CoreSupervisor {
  /** Resolves when the node has ended for good. */
  readonly stopped: Promise<NodeStatus>;
  readonly #options: LightningNodeOptions;
  readonly #hooks: NodeHooks;
  readonly #watch: SupervisorObserver;
  #running: RunningNode | undefined;
  #status: NodeStatus = "restarting";
  #restarts = 0;
  #lastTip: ReturnType<LightningNode["tip"]> = { height: 0, hash: "", timeMs: 0, synced: false };
  readonly #onRunning = new Set<() => void>();
  #stop: (status: NodeStatus) => void = () => {};

  constructor(options: LightningNodeOptions, hooks: NodeHooks, watch: SupervisorObserver) {
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
  get current(): RunningNode | undefined {
    return this.#running;
  }

  tip(): ReturnType<LightningNode["tip"]> {
    return this.#running?.chain.tip ?? { ...this.#lastTip, synced: false };
  }

  /** Starts a life. @throws */
  async begin(): Promise<void> {
    let failure: unknown;
    let running: RunningNode;
    try {
      running = await RunningNode.begin(this.#options, this.#hooks, {
        onFailure: (error) => {
          failure = error;
          this.#onFailure(error);
        },
        onEvents: (lastSequence) => this.#watch.onEvents(lastSequence),
      });
    } catch (error) {
      throw failure ?? error;
    }
    if (this.hasEnded || running.loop.isStopped) {
      running.stop();
      throw failure ?? new SessionEnded(`the node is ${this.#status}`);
    }
    this.#running = running;
    this.#status = "running";
    this.#watch.onBegin(running);
    for (const resolve of this.#onRunning) resolve();
    this.#onRunning.clear();
    const { core, logger, store } = this.#options;
    logger.info(
      { nodeId: running.nodeId, core: core.kind, ldk: core.version.lightning, store: store.kind },
      "node started",
    );
  }

  /** Ends for good, at once: nothing is stored or sent any more. */
  end(status: "closed" | "fenced"): void {
    if (this.hasEnded) return;
    this.#status = status;
    this.#lastTip = this.tip();
    const running = this.#running;
    this.#running = undefined;
    running?.stop();
    this.#watch.onEnd();
    for (const resolve of this.#onRunning) resolve();
    this.#onRunning.clear();
    this.#stop(status);
  }

  #onFailure(error: unknown): void {
    const { logger, clock } = this.#options;
    const running = this.#running;
    if (this.hasEnded) return;
    if (this.#hooks.isFatal?.(error) === true) {
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
    this.#running = undefined;
    // not inside the turn that failed
    clock.soon(() => running?.stop());
    void this.#restart(error, running);
  }

  async #restart(reason: unknown, ended: RunningNode | undefined): Promise<void> {
    const { logger, clock } = this.#options;
    let failure = reason;
    for (;;) {
      logger.error({ error: describe(failure) }, "node failed; it starts again from the store");
      const wait = Math.min(lastRestartMs, firstRestartMs * 2 ** this.#restarts);
      this.#restarts += 1;
      await delay(clock, wait);
      await ended?.loop.lastWrite();
      if (this.hasEnded) return;
      try {
        await this.begin();
        break;
      } catch (error) {
        if (this.hasEnded) return;
        if (error instanceof WriterFenced) {
          this.end("fenced");
          return;
        }
        failure = error;
      }
    }
    // a life that lasts forgets what was before
    const running = this.#running;
    await delay(clock, lastRestartMs);
    if (this.#running === running) this.#restarts = 0;
  }

  /** True once it has ended for good. */
  get hasEnded(): boolean {
    return this.#status === "closed" || this.#status === "fenced";
  }

  /** The life that runs, or the next one that will. @throws SessionEnded when there will be none, or at the signal. */
  async next(signal?: AbortSignal): Promise<RunningNode> {
    for (;;) {
      if (this.#running !== undefined) return this.#running;
      if (this.hasEnded || signal?.aborted === true) {
        throw new SessionEnded(`the node is ${this.#status}`);
      }
      await new Promise<void>((resolve) => {
        this.#onRunning.add(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** A question: asked again where the node had to start again. @throws SessionEnded when it is closed. */
  async ask<Value>(question: (running: RunningNode) => Promise<Value>): Promise<Value> {
    for (;;) {
      const running = await this.next();
      try {
        return await question(running);
      } catch (error) {
        if (!(error instanceof SessionEnded)) throw error;
      }
    }
  }

  /** A call that changes something: never repeated. */
  async use<Value, Code extends string>(
    call: (running: RunningNode) => Promise<Result<Value, Code>>,
  ): Promise<Result<Value, Code | "node_unavailable" | "node_interrupted">> {
    const running = this.#running;
    if (running === undefined) {
      return err(
        "node_unavailable",
        `The node is ${this.#status}.`,
        this.#status === "restarting" ? "safe" : "never",
      );
    }
    try {
      return await call(running);
    } catch (error) {
      if (error instanceof SessionEnded) return interrupted();
      throw error;
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
