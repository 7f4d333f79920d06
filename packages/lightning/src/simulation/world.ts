import { sha256 } from "@noble/hashes/sha2.js";
import type { Result } from "@satsconnect/money";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ChainSource } from "../ports/chain-source.ts";
import type { LightningCore } from "../core/core.ts";
import { openNode } from "../node/node-host.ts";
import type { NodeHost } from "../node/node-host.ts";
import type { GossipOptions, LightningNodeOptions, NodeSettings } from "../model/lightning-node.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import type { Clock } from "../ports/clock.ts";
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

/** A simulated power cut: the node stops at once and does not restart by itself. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

export type SimulatedNodeOptions = {
  /** Label that the node's keys and random numbers derive from; its name when absent. */
  readonly seedLabel?: string;
  readonly policy: NodePolicy;
  readonly settings?: NodeSettings;
  /** Its store, over its medium. Default: a memory store. */
  readonly store?: (medium: MemoryMedium) => CommitStore;
  /** Its chain source. Default: whole blocks. */
  readonly chain?: (chain: SimulatedChain) => ChainSource;
  /** Where its network graph comes from, asked at each start. Default: gossip with peers. */
  readonly gossip?: () => GossipOptions;
  /** Wraps its transport. */
  readonly transport?: (transport: Transport) => Transport;
  /** Wraps its clock: a device whose time is wrong. */
  readonly clock?: (clock: Clock) => Clock;
};

/** A planned crash: at this phase of the first commit with this number or a later one. */
export type CrashPlan = {
  readonly node: string;
  readonly commit: number;
  readonly phase: CommitPhase;
};

/** The stored state of a world whose nodes are closed. Many runs can start from it. */
export type WorldSnapshot = {
  readonly nowMs: number;
  readonly chain: SimulatedChain;
  readonly media: ReadonlyMap<string, MemoryMedium>;
};

/** Nodes, network and chain in one process under one simulated clock. The seed decides everything that is random. */
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

  /** Adds a node and starts it. A node has the same keys in every world: they depend on its seed label only. */
  async add(name: string, options: SimulatedNodeOptions): Promise<SimulatedNode> {
    const medium = this.#snapshot?.media.get(name)?.clone() ?? new MemoryMedium();
    const node = this.#make(name, medium, options, this.#seed);
    this.#nodes.set(name, node);
    await node.open();
    return node;
  }

  /**
   * A second machine with the keys of that name and an empty store, not started: a seed restored while it is in use
   * elsewhere. `node(name)` does not return it.
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

  /** A hash of every core's input and output so far. Runs with equal seeds have equal digests. */
  digest(): string {
    return bytesToHex(this.#digest.clone().digest());
  }

  /** Closes all nodes and returns what they stored. */
  async closeAndSnapshot(): Promise<WorldSnapshot> {
    for (const node of this.#nodes.values()) await node.close();
    return {
      nowMs: this.clock.now(),
      chain: this.chain,
      media: new Map([...this.#nodes.values()].map((node) => [node.name, node.medium])),
    };
  }

  /** Crashes all nodes. */
  crashAll(): void {
    for (const node of this.#nodes.values()) node.crash();
  }

  /** Awaits a result while simulated time passes, and returns its value. @throws Error when it is a failure. */
  async expectOk<Value>(work: Promise<Result<Value>>): Promise<Value> {
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

/** One node of a world. It can crash and be opened again. */
export class SimulatedNode {
  readonly name: string;
  #medium: MemoryMedium;
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
    this.#medium = medium;
    this.#options = options;
    this.#parts = parts;
  }

  /** The running node. @throws Error when it is down. */
  get host(): NodeHost {
    if (this.#host === undefined || this.#host.status === "closed")
      throw new Error(`${this.name} is down`);
    return this.#host;
  }

  get isUp(): boolean {
    return this.#host !== undefined && this.#host.status !== "closed";
  }

  /** Its stored state. */
  get medium(): MemoryMedium {
    return this.#medium;
  }

  /** Replaces its stored state by another one, such as an older copy. @throws Error while it is running. */
  restore(medium: MemoryMedium): void {
    if (this.isUp) throw new Error(`${this.name} is running`);
    this.#medium = medium;
  }

  get id(): string {
    return this.#host?.nodeId ?? "";
  }

  /** Sets a planned crash, or none. It happens once. */
  plan(plan: CrashPlan | undefined): void {
    this.#plan = plan;
  }

  async open(): Promise<void> {
    const { clock, network, chain } = this.#world;
    await clock.settle();
    this.#starts += 1;
    const label = this.#options.seedLabel ?? this.name;
    const options: LightningNodeOptions = {
      core: this.#parts.core,
      network: "regtest",
      seed: () => sha256(utf8ToBytes(`seed of ${label}`)),
      store: (this.#options.store ?? memoryStore)(this.medium),
      chain: this.#options.chain?.(chain) ?? chain.source(),
      transport:
        this.#options.transport?.(network.transport(this.name)) ?? network.transport(this.name),
      clock: this.#options.clock?.(clock) ?? clock,
      entropy: new Random(`${this.#parts.seed}/${label}/${this.#starts}`),
      logger: this.#parts.logger,
      policy: this.#options.policy,
      ...(this.#options.settings === undefined ? {} : { settings: this.#options.settings }),
      ...(this.#options.gossip === undefined ? {} : { gossip: this.#options.gossip() }),
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

  /** Connects to another node and reconnects after every start. Resolves once connected. */
  async connect(to: SimulatedNode): Promise<void> {
    this.#neighbours.set(to.name, to.id);
    await this.#world.expectOk(this.host.connect({ nodeId: to.id, address: `memory:${to.name}` }));
  }

  /** Crashes now. */
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
