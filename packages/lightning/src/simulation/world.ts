import { sha256 } from "@noble/hashes/sha2.js";
import type { Result } from "@satsconnect/money";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ChainSource } from "../ports/chain-source.ts";
import type { LightningCore } from "../core/core.ts";
import { openNode } from "../node/node-host.ts";
import type { NodeHost } from "../node/node-host.ts";
import type { LightningNodeOptions, NodeSettings } from "../model/lightning-node.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import type { CommitPhase } from "../runtime/core-loop.ts";
import { silentLogger } from "../ports/logger.ts";
import type { Logger } from "../ports/logger.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import { MemoryMedium, memoryStore } from "../store/memory-store.ts";
import type { Transport } from "../ports/transport.ts";
import { SimulatedChain } from "./chain.ts";
import { SimulatedClock } from "./clock.ts";
import { SimulatedNetwork } from "./network.ts";
import { Random } from "./random.ts";

/** The power goes. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

export type SimulatedNodeOptions = {
  readonly policy: NodePolicy;
  readonly settings?: NodeSettings;
  /** Where its state lives, over its medium; in memory when absent. */
  readonly store?: (medium: MemoryMedium) => CommitStore;
  /** How it follows the chain; whole blocks when absent. */
  readonly chain?: (chain: SimulatedChain) => ChainSource;
  /** What stands between it and the network. */
  readonly transport?: (transport: Transport) => Transport;
};

/** Where a node dies: at that phase of the first commit with that number or a later one. */
export type CrashPlan = {
  readonly node: string;
  readonly commit: number;
  readonly phase: CommitPhase;
};

/** A copy of a world at rest, from which many runs can begin. */
export type WorldSnapshot = {
  readonly nowMs: number;
  readonly chain: SimulatedChain;
  readonly media: ReadonlyMap<string, MemoryMedium>;
};

/** Nodes, network and chain in one process, under one simulated clock, decided by one seed. */
export class World {
  readonly clock: SimulatedClock;
  readonly chain: SimulatedChain;
  readonly network: SimulatedNetwork;
  readonly #seed: string;
  readonly #core: LightningCore;
  readonly #logger: (name: string) => Logger;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #digest = sha256.create();
  readonly #snapshot: WorldSnapshot | undefined;

  constructor(options: {
    readonly core: LightningCore;
    readonly seed: string;
    readonly from?: WorldSnapshot;
    readonly latencyMs?: readonly [number, number];
    readonly logger?: (name: string) => Logger;
  }) {
    this.#core = options.core;
    this.#seed = options.seed;
    this.#snapshot = options.from;
    this.#logger = options.logger ?? (() => silentLogger);
    this.clock = new SimulatedClock(options.from?.nowMs ?? Date.UTC(2026, 0, 1));
    this.chain = options.from?.chain.clone(this.clock) ?? new SimulatedChain(this.clock);
    const random = new Random(`${options.seed}/network`);
    this.network = new SimulatedNetwork(this.clock, random, {
      latencyMs: options.latencyMs ?? [1, 5],
    });
  }

  /** Adds a node and starts it. Nodes of the same name have the same keys in every world. */
  async add(name: string, options: SimulatedNodeOptions): Promise<SimulatedNode> {
    const medium = this.#snapshot?.media.get(name)?.clone() ?? new MemoryMedium();
    const node = this.#make(name, medium, options, this.#seed);
    this.#nodes.set(name, node);
    await node.open();
    return node;
  }

  /**
   * Another machine, not started, with nothing stored, for the keys of that name: what happens when somebody restores
   * a seed that runs elsewhere. `node(name)` does not find it.
   */
  twin(name: string, machine: string, options: SimulatedNodeOptions): SimulatedNode {
    return this.#make(name, new MemoryMedium(), options, `${this.#seed}/${machine}`);
  }

  #make(
    name: string,
    medium: MemoryMedium,
    options: SimulatedNodeOptions,
    seed: string,
  ): SimulatedNode {
    return new SimulatedNode(this, name, medium, options, {
      core: this.#core,
      seed,
      logger: this.#logger(name),
      tap: (frames) => this.#digest.update(frames),
    });
  }

  node(name: string): SimulatedNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  nodes(): readonly SimulatedNode[] {
    return [...this.#nodes.values()];
  }

  /** What every node's core said and heard so far: equal for equal seeds. */
  digest(): string {
    return bytesToHex(this.#digest.clone().digest());
  }

  /** Ends everything and keeps what is stored. */
  async rest(): Promise<WorldSnapshot> {
    for (const node of this.#nodes.values()) await node.close();
    return {
      nowMs: this.clock.now(),
      chain: this.chain,
      media: new Map([...this.#nodes.values()].map((node) => [node.name, node.medium])),
    };
  }

  /** Ends everything at once. */
  end(): void {
    for (const node of this.#nodes.values()) node.crash();
  }

  /** Waits, while time moves, for something to succeed. @throws its failure. */
  async must<Value>(work: Promise<Result<Value>>): Promise<Value> {
    const result = await this.clock.during(work);
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.value;
  }
}

type Parts = {
  readonly core: LightningCore;
  readonly seed: string;
  readonly logger: Logger;
  readonly tap: (frames: Uint8Array) => void;
};

/** One node of a world: it can crash and come back. */
export class SimulatedNode {
  readonly name: string;
  readonly medium: MemoryMedium;
  readonly #world: World;
  readonly #options: SimulatedNodeOptions;
  readonly #parts: Parts;
  readonly #neighbours = new Map<string, string>();
  #host: NodeHost | undefined;
  #stopListening: (() => void) | undefined;
  #starts = 0;
  #plan: CrashPlan | undefined;
  /** Crashes by plan so far. */
  crashes = 0;

  constructor(
    world: World,
    name: string,
    medium: MemoryMedium,
    options: SimulatedNodeOptions,
    parts: Parts,
  ) {
    this.#world = world;
    this.name = name;
    this.medium = medium;
    this.#options = options;
    this.#parts = parts;
  }

  /** The running node. @throws when it is down. */
  get host(): NodeHost {
    if (this.#host === undefined || this.#host.status === "closed")
      throw new Error(`${this.name} is down`);
    return this.#host;
  }

  get isUp(): boolean {
    return this.#host !== undefined && this.#host.status !== "closed";
  }

  get id(): string {
    return this.#host?.nodeId ?? "";
  }

  /** Dies as planned, once. */
  plan(plan: CrashPlan): void {
    this.#plan = plan;
  }

  async open(): Promise<void> {
    const { clock, network, chain } = this.#world;
    await clock.settle();
    this.#starts += 1;
    const options: LightningNodeOptions = {
      core: this.#parts.core,
      network: "regtest",
      seed: () => sha256(utf8ToBytes(`seed of ${this.name}`)),
      store: (this.#options.store ?? memoryStore)(this.medium),
      chain: this.#options.chain?.(chain) ?? chain.source(),
      transport:
        this.#options.transport?.(network.transport(this.name)) ?? network.transport(this.name),
      clock,
      entropy: new Random(`${this.#parts.seed}/${this.name}/${this.#starts}`),
      logger: this.#parts.logger,
      policy: this.#options.policy,
      ...(this.#options.settings === undefined ? {} : { settings: this.#options.settings }),
    };
    const opened = await clock.during(
      openNode(options, {
        probe: (phase, number) => this.#probe(phase, number),
        isFatal: (error) => error instanceof PowerCut,
        tap: (_, frames) => this.#parts.tap(frames),
      }),
    );
    if (!opened.ok) throw new Error(`${this.name} cannot start: ${opened.error.message}`);
    const host = opened.value;
    this.#host = host;
    this.#stopListening = network.listen(this.name, (connection) => host.accept(connection));
    void host.stopped.then(() => this.#down());
    for (const [name, nodeId] of this.#neighbours)
      void host.connect({ nodeId, address: `memory:${name}` });
  }

  /** Keeps connected to another node, across crashes. Resolves when connected. */
  async connect(to: SimulatedNode): Promise<void> {
    this.#neighbours.set(to.name, to.id);
    await this.#world.must(this.host.connect({ nodeId: to.id, address: `memory:${to.name}` }));
  }

  /** Dies now. */
  crash(): void {
    this.#host?.crash();
    this.#down();
  }

  async close(): Promise<void> {
    if (this.isUp) await this.#world.clock.during(this.host.close());
    this.#down();
  }

  #down(): void {
    this.#stopListening?.();
    this.#world.network.cut(this.name);
  }

  #probe(phase: CommitPhase, number: number): void {
    const plan = this.#plan;
    if (plan === undefined || number < plan.commit || phase !== plan.phase) return;
    this.#plan = undefined;
    this.crashes += 1;
    throw new PowerCut(`${this.name} at ${phase} of commit ${number}`);
  }
}
