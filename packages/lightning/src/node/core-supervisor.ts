import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { corePolicy } from "../model/policy.ts";
import { delay } from "../ports/clock.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import { interrupted } from "../runtime/failures.ts";
import type { LightningNode, LightningNodeOptions, NodeStatus } from "../model/lightning-node.ts";
import { RunningNode } from "./running-node.ts";
import type { RunningNodeHooks } from "./running-node.ts";
import { SessionEnded } from "../runtime/core-loop.ts";

const { minRestartDelayMs, maxRestartDelayMs } = corePolicy;

/** Hooks for simulations and benchmarks. */
export type NodeHooks = RunningNodeHooks & {
  /** True for a failure after which the node must not restart, as a simulated power cut. */
  readonly isFatal?: (error: unknown) => boolean;
};

type SupervisorObserver = {
  /** The core has started. Called before any call reaches it. */
  readonly onBegin: (running: RunningNode) => void;
  readonly onEvents: (lastSequence: number) => void;
  /** There are further items for the watchtower. */
  readonly onJustice: () => void;
  readonly forwardsPaused: () => boolean;
  /** The node has stopped for good. */
  readonly onEnd: () => void;
};

/**
 * Keeps a core running: when the core or the store fails, it restarts from the store with back-off, until the node is
 * closed or another process has taken it over.
 */
export class CoreSupervisor {
  /** Resolves when the node has stopped for good. */
  readonly stopped: Promise<NodeStatus>;
  readonly #options: LightningNodeOptions;
  readonly #hooks: NodeHooks;
  readonly #observer: SupervisorObserver;
  #running: RunningNode | undefined;
  #status: NodeStatus = "restarting";
  #restarts = 0;
  #lastTip: ReturnType<LightningNode["tip"]> = { height: 0, hash: "", timeMs: 0, synced: false };
  readonly #onRunning = new Set<() => void>();
  #stop: (status: NodeStatus) => void = () => {};

  constructor(options: LightningNodeOptions, hooks: NodeHooks, observer: SupervisorObserver) {
    this.#options = options;
    this.#hooks = hooks;
    this.#observer = observer;
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /** The running node; undefined while it restarts or has stopped. */
  get current(): RunningNode | undefined {
    return this.#running;
  }

  tip(): ReturnType<LightningNode["tip"]> {
    return this.#running?.chain.tip ?? { ...this.#lastTip, synced: false };
  }

  /** Starts the core. @throws whatever prevented the start. */
  async begin(): Promise<void> {
    let failure: unknown;
    let running: RunningNode;
    try {
      running = await RunningNode.begin(this.#options, this.#hooks, {
        onFailure: (error) => {
          failure = error;
          this.#onFailure(error);
        },
        onEvents: (lastSequence) => this.#observer.onEvents(lastSequence),
        onJustice: () => this.#observer.onJustice(),
        forwardsPaused: () => this.#observer.forwardsPaused(),
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
    this.#observer.onBegin(running);
    for (const resolve of this.#onRunning) resolve();
    this.#onRunning.clear();
    const { core, logger, store } = this.#options;
    logger.info(
      { nodeId: running.nodeId, core: core.kind, ldk: core.version.lightning, store: store.kind },
      "node started",
    );
  }

  /** Stops for good, at once: nothing more is stored or sent. */
  end(status: "closed" | "fenced"): void {
    if (this.hasEnded) return;
    this.#status = status;
    this.#lastTip = this.tip();
    const running = this.#running;
    this.#running = undefined;
    running?.stop();
    this.#observer.onEnd();
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
      logger.error({ reason: error.message }, "stopped: another process has taken this node over");
      this.end("fenced");
      return;
    }
    // a start is in progress, and `begin` rejects with this failure
    if (this.#status === "restarting") return;
    this.#lastTip = this.tip();
    this.#status = "restarting";
    this.#running = undefined;
    // not from within the failing exchange
    clock.soon(() => running?.stop());
    void this.#restart(error, running);
  }

  async #restart(reason: unknown, ended: RunningNode | undefined): Promise<void> {
    const { logger, clock } = this.#options;
    let failure = reason;
    for (;;) {
      logger.error({ error: describe(failure) }, "node failed; restarting from the store");
      const wait = Math.min(maxRestartDelayMs, minRestartDelayMs * 2 ** this.#restarts);
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
    // a session that lasts resets the back-off
    const running = this.#running;
    await delay(clock, maxRestartDelayMs);
    if (this.#running === running) this.#restarts = 0;
  }

  /** True once the node has stopped for good. */
  get hasEnded(): boolean {
    return this.#status === "closed" || this.#status === "fenced";
  }

  /**
   * The running node, or the next one after a restart. @throws SessionEnded when the node has stopped for good or the
   * signal aborts.
   */
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

  /** Runs a query, again after each restart. @throws SessionEnded when the node has stopped for good. */
  async query<Value>(query: (running: RunningNode) => Promise<Value>): Promise<Value> {
    for (;;) {
      const running = await this.next();
      try {
        return await query(running);
      } catch (error) {
        if (!(error instanceof SessionEnded)) throw error;
      }
    }
  }

  /** Runs a call that changes something. It is never repeated. */
  async call<Value, Code extends string>(
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
