import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { hexToBytes } from "@noble/hashes/utils.js";
import { inputTag } from "../core/frames.ts";
import type { Event } from "../core/generated/index.ts";
import type { CoreSend } from "../core/output.ts";
import { delay } from "../ports/clock.ts";
import type { Clock } from "../ports/clock.ts";
import type { EntropySource } from "../ports/entropy.ts";
import type { Logger } from "../ports/logger.ts";
import type { Connection, ConnectErrorCode, PeerAddress, Transport } from "../ports/transport.ts";
import type { CoreLoop } from "./core-loop.ts";
import type { Peer } from "../model/views.ts";

/** A peer that does not take its bytes is not read from beyond this, and cut off beyond the second. */
const slowBytes = 4 * 1024 * 1024;
const hopelessBytes = 64 * 1024 * 1024;
/** Input that waits for the core: beyond, connections are not read. */
const fullInputBytes = 8 * 1024 * 1024;
const handshakeMs = 20_000;
/** Connections whose other end has not said who it is. */
const mostStrangers = 200;
const firstRetryMs = 1_000;
const lastRetryMs = 15_000;

type Link = {
  readonly number: number;
  readonly connection: Connection;
  readonly inbound: boolean;
  paused: boolean;
  peer: string | null;
  cancelHandshake: () => void;
};

type Target = {
  readonly address: PeerAddress;
  readonly stop: AbortController;
  wake: (() => void) | undefined;
};

/** Connections: bytes between the transport and the core, who is connected, and whom to keep connected. */
export class Peers {
  readonly #loop: CoreLoop;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #entropy: EntropySource;
  readonly #logger: Logger;
  readonly #links = new Map<number, Link>();
  /** Node id to the connection that the core speaks to it over. */
  readonly #connected = new Map<string, number>();
  readonly #connectedAt = new Map<string, number>();
  readonly #targets = new Map<string, Target>();
  readonly #observers = new Set<(nodeId: string, connected: boolean) => void>();
  #nextNumber = 1;
  #stopped = false;

  constructor(options: {
    readonly loop: CoreLoop;
    readonly transport: Transport;
    readonly clock: Clock;
    readonly entropy: EntropySource;
    readonly logger: Logger;
  }) {
    this.#loop = options.loop;
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#entropy = options.entropy;
    this.#logger = options.logger;
  }

  isConnected(nodeId: string): boolean {
    return this.#connected.has(nodeId);
  }

  /** True when some peer has been connected for that long. */
  connectedLongerThan(forMs: number): boolean {
    const since = this.#clock.now() - forMs;
    return [...this.#connectedAt.values()].some((at) => at <= since);
  }

  list(): readonly Peer[] {
    const ids = new Set([...this.#connected.keys(), ...this.#targets.keys()]);
    return [...ids].map((nodeId) => ({
      nodeId,
      connected: this.#connected.has(nodeId),
      inbound: this.#links.get(this.#connected.get(nodeId) ?? -1)?.inbound ?? false,
      address: this.#targets.get(nodeId)?.address.address ?? null,
    }));
  }

  /** Whom we keep connected. */
  targets(): readonly PeerAddress[] {
    return [...this.#targets.values()].map(({ address }) => address);
  }

  /** Called at each connection and disconnection. */
  observe(observer: (nodeId: string, connected: boolean) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  whenConnected(nodeId: string, signal?: AbortSignal): Promise<boolean> {
    if (this.isConnected(nodeId)) return Promise.resolve(true);
    return new Promise((resolve) => {
      if (signal?.aborted === true || this.#stopped) return resolve(false);
      const done = (connected: boolean): void => {
        stop();
        signal?.removeEventListener("abort", aborted);
        resolve(connected);
      };
      const aborted = (): void => done(false);
      const stop = this.observe((id, connected) => {
        if (id === nodeId && connected) done(true);
      });
      signal?.addEventListener("abort", aborted, { once: true });
    });
  }

  /** Connects and keeps connected; resolves at the first success or failure. */
  async keep(address: PeerAddress): Promise<Result<void, ConnectErrorCode>> {
    if (!this.#transport.supports(address.address)) {
      return err(
        "address_unsupported",
        `No transport reaches “${address.address.slice(0, 80)}”.`,
        "never",
      );
    }
    const known = this.#targets.get(address.nodeId);
    if (known !== undefined && known.address.address !== address.address)
      this.forget(address.nodeId);
    if (this.isConnected(address.nodeId) && this.#targets.has(address.nodeId)) return ok(undefined);
    return new Promise((resolve) => {
      const target: Target = this.#targets.get(address.nodeId) ?? {
        address,
        stop: new AbortController(),
        wake: undefined,
      };
      const isNew = !this.#targets.has(address.nodeId);
      this.#targets.set(address.nodeId, target);
      if (isNew) void this.#pursue(target, resolve);
      else {
        target.wake?.();
        const until = AbortSignal.any([target.stop.signal]);
        void this.whenConnected(address.nodeId, until).then((connected) =>
          resolve(connected ? ok(undefined) : err("connect_failed", "Given up.", "safe")),
        );
      }
    });
  }

  /** Stops keeping a peer connected. */
  forget(nodeId: string): void {
    this.#targets.get(nodeId)?.stop.abort();
    this.#targets.delete(nodeId);
  }

  /** Ends a peer's connection. */
  cut(nodeId: string): void {
    const link = this.#links.get(this.#connected.get(nodeId) ?? -1);
    if (link !== undefined) link.connection.close();
  }

  accept(connection: Connection): void {
    // whoever opens connections without end must not take the place of those who are channel partners
    const strangers = [...this.#links.values()].filter(({ peer }) => peer === null).length;
    if (this.#stopped || strangers >= mostStrangers) connection.close();
    else this.#link(connection, null);
  }

  onEvent(event: Extract<Event, { type: "peerConnected" | "peerDisconnected" }>): void {
    if (event.type === "peerConnected") {
      const link = this.#links.get(event.connection);
      if (link !== undefined) {
        link.cancelHandshake();
        link.peer = event.peer;
      }
      this.#connected.set(event.peer, event.connection);
      this.#connectedAt.set(event.peer, this.#clock.now());
      this.#logger.info({ peer: event.peer }, "peer connected");
    } else {
      this.#connected.delete(event.peer);
      this.#connectedAt.delete(event.peer);
      this.#logger.info({ peer: event.peer }, "peer disconnected");
    }
    const connected = event.type === "peerConnected";
    for (const observer of this.#observers) observer(event.peer, connected);
    if (!connected) this.#targets.get(event.peer)?.wake?.();
  }

  /** What the core wants to leave by a connection. */
  send(send: Exclude<CoreSend, { kind: "transactions" }>): void {
    const link = this.#links.get(send.connection);
    if (link === undefined) return;
    if (send.kind === "close") {
      this.#links.delete(link.number);
      link.cancelHandshake();
      link.connection.close();
      return;
    }
    // the core's buffer lives on only until the turn is released
    link.connection.write(send.bytes);
    const buffered = link.connection.bufferedBytes;
    if (buffered > hopelessBytes) {
      this.#logger.warn(
        { remote: link.connection.remote, buffered },
        "peer takes no bytes: cut off",
      );
      this.#lost(link);
      link.connection.close();
    } else if (buffered > slowBytes) this.#pause(link);
  }

  stop(): void {
    this.#stopped = true;
    for (const { stop } of this.#targets.values()) stop.abort();
    for (const link of this.#links.values()) {
      link.cancelHandshake();
      link.connection.close();
    }
    this.#links.clear();
    this.#connected.clear();
  }

  async #pursue(
    target: Target,
    first: (result: Result<void, ConnectErrorCode>) => void,
  ): Promise<void> {
    const { nodeId, address } = target.address;
    const { signal } = target.stop;
    let failures = 0;
    while (!signal.aborted && !this.#stopped) {
      if (this.isConnected(nodeId)) {
        first(ok(undefined));
        failures = 0;
        await this.#whenWoken(target);
        continue;
      }
      const result = await this.#transport.connect(address, signal);
      if (signal.aborted || this.#stopped) {
        if (result.ok) result.value.close();
        break;
      }
      if (result.ok) {
        const link = this.#link(result.value, nodeId);
        const alive = await this.#whenKnown(link, nodeId, signal);
        if (alive) continue;
        first(
          err("connect_failed", "The peer did not answer as the node that was expected.", "safe"),
        );
      } else {
        this.#logger.debug({ peer: nodeId, code: result.error.code }, "could not connect");
        first(result);
        if (result.error.retry === "never") break;
      }
      failures += 1;
      await this.#backOff(target, failures);
    }
    first(err("connect_failed", "Given up.", "safe"));
  }

  async #backOff(target: Target, failures: number): Promise<void> {
    const most = Math.min(lastRetryMs, firstRetryMs * 2 ** (failures - 1));
    // half to whole, so that many clients do not come back at the same moment
    const share = 0.5 + (this.#entropy.bytes(1)[0] ?? 0) / 510;
    await Promise.race([
      delay(this.#clock, most * share, target.stop.signal),
      this.#whenWoken(target),
    ]);
  }

  #whenWoken(target: Target): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        target.wake = undefined;
        target.stop.signal.removeEventListener("abort", done);
        resolve();
      };
      target.wake = done;
      target.stop.signal.addEventListener("abort", done, { once: true });
    });
  }

  /** True once the core knows the peer; false when the connection ended before. */
  #whenKnown(link: Link, nodeId: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (known: boolean): void => {
        stop();
        signal.removeEventListener("abort", onAbort);
        this.#onLost.delete(link.number);
        resolve(known);
      };
      const onAbort = (): void => settle(false);
      const stop = this.observe((id, connected) => {
        if (id === nodeId && connected) settle(true);
      });
      this.#onLost.set(link.number, () => settle(this.isConnected(nodeId)));
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  readonly #onLost = new Map<number, () => void>();

  #link(connection: Connection, expected: string | null): Link {
    const link: Link = {
      number: this.#nextNumber++,
      connection,
      inbound: expected === null,
      paused: false,
      peer: expected,
      cancelHandshake: this.#clock.after(handshakeMs, () => connection.close()),
    };
    this.#links.set(link.number, link);
    this.#loop.post(expected === null ? inputTag.connectedIn : inputTag.connectedOut, (writer) => {
      writer.u64(link.number);
      if (expected !== null) writer.raw(hexToBytes(expected));
    });
    connection.start({
      onBytes: (bytes) => this.#read(link, bytes),
      onDrain: () => {
        if (link.connection.bufferedBytes < slowBytes) this.#resume(link);
      },
      onClose: () => this.#lost(link),
    });
    return link;
  }

  #read(link: Link, bytes: Uint8Array): void {
    if (!this.#links.has(link.number)) return;
    this.#loop.post(inputTag.read, (writer) => writer.u64(link.number).raw(bytes));
    if (this.#loop.waitingInput > fullInputBytes) {
      this.#pause(link);
      this.#loop.onInputHandled(() => {
        if (link.connection.bufferedBytes < slowBytes) this.#resume(link);
      });
    }
  }

  #lost(link: Link): void {
    link.cancelHandshake();
    if (this.#links.delete(link.number)) {
      this.#loop.post(inputTag.disconnected, (writer) => writer.u64(link.number));
    }
    const onLost = this.#onLost.get(link.number);
    // the core's word on who is connected comes first
    if (onLost !== undefined) this.#loop.onInputHandled(onLost);
  }

  #pause(link: Link): void {
    if (link.paused) return;
    link.paused = true;
    link.connection.pause();
  }

  #resume(link: Link): void {
    if (!link.paused) return;
    link.paused = false;
    link.connection.resume();
  }
}
