import { err, ok } from "@satsconnect/money";
import type { Connection, ConnectionHandlers, Transport } from "../ports/transport.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Random } from "./random.ts";

/** A network in memory with seeded latency, whose connections can be cut. Addresses: `memory:<name>`. */
export class SimulatedNetwork {
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #latencyMs: readonly [number, number];
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #pipes = new Set<Pipe>();

  constructor(
    clock: SimulatedClock,
    random: Random,
    options: { readonly latencyMs: readonly [number, number] },
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#latencyMs = options.latencyMs;
  }

  listen(name: string, accept: (connection: Connection) => void): () => void {
    this.#listeners.set(name, accept);
    return () => {
      if (this.#listeners.get(name) === accept) this.#listeners.delete(name);
    };
  }

  /** The transport of the node with this name. */
  transport(name: string): Transport {
    return {
      supports: (address) => address.startsWith("memory:"),
      connect: async (address) => {
        const to = address.slice("memory:".length);
        await new Promise<void>((resolve) => this.#clock.after(this.#latency(), resolve));
        const accept = this.#listeners.get(to);
        if (accept === undefined)
          return err("connect_failed", `No node named ${to} is listening.`, "safe");
        const pipe = new Pipe(this.#clock, () => this.#latency(), [name, to]);
        this.#pipes.add(pipe);
        pipe.onFinished = () => this.#pipes.delete(pipe);
        accept(pipe.ends[1]);
        return ok(pipe.ends[0]);
      },
    };
  }

  /** Cuts every connection of a node. Bytes in transit are lost. */
  cut(name: string): void {
    for (const pipe of this.#pipes) if (pipe.names.includes(name)) pipe.cut();
  }

  #latency(): number {
    const [min, max] = this.#latencyMs;
    return min + this.#random.below(max - min + 1);
  }
}

class Pipe {
  readonly ends: readonly [End, End];
  readonly names: readonly [string, string];
  onFinished: () => void = () => {};

  constructor(clock: SimulatedClock, latency: () => number, names: readonly [string, string]) {
    this.names = names;
    const onFinished = (): void => this.onFinished();
    const first = new End(clock, latency, names[1], onFinished);
    const second = new End(clock, latency, names[0], onFinished);
    first.other = second;
    second.other = first;
    this.ends = [first, second];
  }

  cut(): void {
    for (const end of this.ends) end.cut();
  }
}

class End implements Connection {
  readonly remote: string;
  other: End | undefined;
  readonly #clock: SimulatedClock;
  readonly #latency: () => number;
  readonly #onFinished: () => void;
  #handlers: ConnectionHandlers | undefined;
  #arrived: (Uint8Array | "end")[] = [];
  #paused = false;
  #closed = false;
  #lastArrival = 0;
  #cut = false;
  bufferedBytes = 0;

  constructor(
    clock: SimulatedClock,
    latency: () => number,
    remote: string,
    onFinished: () => void,
  ) {
    this.#clock = clock;
    this.#latency = latency;
    this.remote = `memory:${remote}`;
    this.#onFinished = onFinished;
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#deliver();
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    const copy = bytes.slice();
    this.bufferedBytes += copy.length;
    this.#travel(copy, () => {
      this.bufferedBytes -= copy.length;
      if (!this.#closed) this.#handlers?.onDrain();
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#travel("end", () => {});
    this.#clock.soon(() => this.#finish());
  }

  abort(): void {
    this.close();
  }

  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    this.#closed = true;
    this.#arrived = [];
    this.#clock.soon(() => this.#finish());
  }

  /** Delivers after the latency, but never out of order. */
  #travel(item: Uint8Array | "end", then: () => void): void {
    const at = Math.max(this.#clock.now() + this.#latency(), this.#lastArrival);
    this.#lastArrival = at;
    this.#clock.after(at - this.#clock.now(), () => {
      if (!this.#cut) this.other?.arrive(item);
      then();
    });
  }

  arrive(item: Uint8Array | "end"): void {
    if (this.#cut) return;
    this.#arrived.push(item);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#handlers !== undefined && !this.#paused) {
      const next = this.#arrived.shift();
      if (next === undefined) return;
      if (next === "end") {
        this.#closed = true;
        this.#finish();
      } else if (!this.#closed) this.#handlers.onBytes(next);
    }
  }

  #finish(): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.#onFinished();
    handlers?.onClose();
  }
}
