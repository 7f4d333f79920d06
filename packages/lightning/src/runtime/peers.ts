import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { hexToBytes } from "@noble/hashes/utils.js";
import { inputTag } from "../core/frames.ts";
import type { Event } from "../core/generated/index.ts";
import type { CoreSend } from "../core/output.ts";
import { addressRange } from "../model/address-range.ts";
import { Places } from "../model/places.ts";
import type { PlaceHolder } from "../model/places.ts";
import { peerPolicy } from "../model/policy.ts";
import { delay } from "../ports/clock.ts";
import type { Clock } from "../ports/clock.ts";
import type { EntropySource } from "../ports/entropy.ts";
import type { Logger } from "../ports/logger.ts";
import type { Connection, ConnectErrorCode, PeerAddress, Transport } from "../ports/transport.ts";
import type { CoreLoop } from "./core-loop.ts";
import type { Peer } from "../model/views.ts";

const {
  maxSendBufferBytes,
  reportSentBytes,
  disconnectSendBufferBytes,
  maxCoreInputBytes,
  connectTimeoutMs,
  handshakeTimeoutMs,
  inboundHandshakeTimeoutMs,
  maxKnownRanges,
  minReconnectDelayMs,
  maxReconnectDelayMs,
} = peerPolicy;

type Link = {
  readonly number: number;
  readonly connection: Connection;
  readonly inbound: boolean;
  paused: boolean;
  /** The core holds input of it that LDK does not take yet. */
  coreIsFull: boolean;
  /** Bytes written since the core was last told that all have left. */
  unreportedBytes: number;
  peer: string | null;
  cancelHandshake: () => void;
  /** Its place among the unidentified connections or, later, among the peers without a channel. */
  place: PlaceHolder | undefined;
};

type Target = {
  readonly address: PeerAddress;
  readonly stop: AbortController;
  wake: (() => void) | undefined;
};

/** Peer connections: passes bytes between transport and core, tracks who is connected, and reconnects to targets. */
export class Peers {
  readonly #loop: CoreLoop;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #entropy: EntropySource;
  readonly #logger: Logger;
  readonly #links = new Map<number, Link>();
  /** Node id → number of the connection that the core uses for it. */
  readonly #connected = new Map<string, number>();
  readonly #connectedAt = new Map<string, number>();
  readonly #targets = new Map<string, Target>();
  readonly #observers = new Set<(nodeId: string, connected: boolean) => void>();
  readonly #knowsPeer: ((nodeId: string) => Promise<boolean>) | undefined;
  readonly #unidentified: Places;
  readonly #guests: Places;
  /** Channel id → peer, for all channels that are ready. */
  readonly #channels = new Map<string, string>();
  /** Node id → number of its channels that are ready. */
  readonly #partners = new Map<string, number>();
  /** Address ranges from which partners and known peers connected, the latest last. */
  readonly #knownRanges = new Set<string>();
  #nextNumber = 1;
  #stopped = false;

  constructor(options: {
    readonly loop: CoreLoop;
    readonly transport: Transport;
    readonly clock: Clock;
    readonly entropy: EntropySource;
    readonly logger: Logger;
    /** See `NodePolicy.knowsPeer`. */
    readonly knowsPeer: ((nodeId: string) => Promise<boolean>) | undefined;
  }) {
    this.#knowsPeer = options.knowsPeer;
    const now = (): number => options.clock.now();
    this.#unidentified = new Places(peerPolicy.unidentified, now);
    this.#guests = new Places(peerPolicy.guests, now);
    this.#loop = options.loop;
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#entropy = options.entropy;
    this.#logger = options.logger;
  }

  isConnected(nodeId: string): boolean {
    return this.#connected.has(nodeId);
  }

  /** True when any peer has been connected for at least this long. */
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

  /** Peers that the node keeps connected to. */
  targets(): readonly PeerAddress[] {
    return [...this.#targets.values()].map(({ address }) => address);
  }

  /** Calls back on every connection and disconnection. Returns a function that unsubscribes. */
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

  /** Connects to a peer and reconnects until `stopReconnecting`. Resolves with the first attempt's outcome. */
  async connect(address: PeerAddress): Promise<Result<void, ConnectErrorCode>> {
    if (!this.#transport.supports(address.address)) {
      return err(
        "address_unsupported",
        `No transport supports the address “${address.address.slice(0, 80)}”.`,
        "never",
      );
    }
    const earlier = this.#targets.get(address.nodeId);
    if (earlier !== undefined && earlier.address.address !== address.address)
      this.stopReconnecting(address.nodeId);
    if (this.isConnected(address.nodeId) && this.#targets.has(address.nodeId)) return ok(undefined);
    return new Promise((resolve) => {
      const target: Target = this.#targets.get(address.nodeId) ?? {
        address,
        stop: new AbortController(),
        wake: undefined,
      };
      const isNew = !this.#targets.has(address.nodeId);
      this.#targets.set(address.nodeId, target);
      if (isNew) void this.#keepConnected(target, resolve);
      else {
        target.wake?.();
        const timeout = new AbortController();
        const cancelTimeout = this.#clock.after(connectTimeoutMs, () => timeout.abort());
        const until = AbortSignal.any([target.stop.signal, timeout.signal]);
        void this.whenConnected(address.nodeId, until).then((connected) => {
          cancelTimeout();
          const message = "The peer cannot be reached now; the node keeps trying.";
          resolve(connected ? ok(undefined) : err("connect_failed", message, "safe"));
        });
      }
    });
  }

  /** Stops reconnecting to a peer. Does not close its connection. */
  stopReconnecting(nodeId: string): void {
    this.#targets.get(nodeId)?.stop.abort();
    this.#targets.delete(nodeId);
  }

  /** Closes a peer's connection. */
  cut(nodeId: string): void {
    const link = this.#links.get(this.#connected.get(nodeId) ?? -1);
    if (link !== undefined) link.connection.close();
  }

  /** Takes over an inbound connection, or turns it away when there is no place for it. */
  accept(connection: Connection): void {
    if (this.#stopped) return connection.abort();
    const range =
      connection.remoteAddress === undefined ? undefined : addressRange(connection.remoteAddress);
    let link: Link | undefined;
    const place: PlaceHolder = {
      range,
      known: range !== undefined && this.#knownRanges.has(range),
      since: this.#clock.now(),
      drop: () => {
        if (link !== undefined) this.#drop(link, "handshake not finished");
      },
    };
    if (!this.#unidentified.admit(place)) return connection.abort();
    link = this.#link(connection, null, place);
  }

  /** A channel is ready: its peer is a partner, who needs no place among the peers without a channel. */
  addChannel(channelId: string, nodeId: string): void {
    if (this.#channels.has(channelId)) return;
    this.#channels.set(channelId, nodeId);
    this.#partners.set(nodeId, (this.#partners.get(nodeId) ?? 0) + 1);
    const link = this.#linkOf(nodeId);
    if (link?.place === undefined) return;
    this.#rememberRange(link.place.range);
    this.#leavePlace(link);
  }

  /** A channel is closed. Without another one its peer is no partner any more. */
  removeChannel(channelId: string): void {
    const nodeId = this.#channels.get(channelId);
    if (nodeId === undefined) return;
    this.#channels.delete(channelId);
    const left = (this.#partners.get(nodeId) ?? 1) - 1;
    if (left > 0) this.#partners.set(nodeId, left);
    else this.#partners.delete(nodeId);
    const link = this.#linkOf(nodeId);
    if (left === 0 && link?.inbound === true) this.#seatGuest(link, nodeId);
  }

  /** A peer without a channel has asked for something, so it is not idle. */
  noteActivity(nodeId: string): void {
    const place = this.#linkOf(nodeId)?.place;
    if (place !== undefined) place.since = this.#clock.now();
  }

  onEvent(event: Extract<Event, { type: "peerConnected" | "peerDisconnected" }>): void {
    if (event.type === "peerConnected") {
      const link = this.#links.get(event.connection);
      if (link !== undefined) {
        link.cancelHandshake();
        link.peer = event.peer;
        if (link.inbound) this.#seat(link, event.peer);
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

  /** Sends bytes on a connection, or closes it, as the core asks. */
  send(send: Exclude<CoreSend, { kind: "transactions" }>): void {
    const link = this.#links.get(send.connection);
    if (link === undefined) return;
    if (send.kind === "close") {
      this.#links.delete(link.number);
      link.cancelHandshake();
      this.#leavePlace(link);
      link.connection.close();
      return;
    }
    if (send.kind === "reading") {
      link.coreIsFull = !send.reading;
      if (link.coreIsFull) this.#pause(link);
      else this.#resume(link);
      return;
    }
    // the transport must take the bytes now: the core's output buffer is not kept
    link.connection.write(send.bytes);
    link.unreportedBytes += send.bytes.length;
    const buffered = link.connection.bufferedBytes;
    if (buffered > disconnectSendBufferBytes) {
      this.#logger.warn(
        { remote: link.connection.remote, buffered },
        "peer does not read: disconnected",
      );
      this.#onClosed(link);
      link.connection.close();
    } else if (this.#mustWait(link)) this.#pause(link);
    else this.#reportSent(link);
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

  async #keepConnected(
    target: Target,
    onFirstAttempt: (result: Result<void, ConnectErrorCode>) => void,
  ): Promise<void> {
    const { nodeId, address } = target.address;
    const { signal } = target.stop;
    let failures = 0;
    while (!signal.aborted && !this.#stopped) {
      if (this.isConnected(nodeId)) {
        onFirstAttempt(ok(undefined));
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
        const alive = await this.#whenIdentified(link, nodeId, signal);
        if (alive) continue;
        onFirstAttempt(
          err("connect_failed", "No node with the expected id completed the handshake.", "safe"),
        );
      } else {
        this.#logger.debug({ peer: nodeId, code: result.error.code }, "connection failed");
        onFirstAttempt(result);
        if (result.error.retry === "never") break;
      }
      failures += 1;
      await this.#backOff(target, failures);
    }
    onFirstAttempt(err("connect_failed", "Cancelled.", "safe"));
  }

  async #backOff(target: Target, failures: number): Promise<void> {
    const maxDelayMs = Math.min(maxReconnectDelayMs, minReconnectDelayMs * 2 ** (failures - 1));
    // half to all of the delay, so that many clients do not reconnect at the same moment
    const jitter = 0.5 + (this.#entropy.bytes(1)[0] ?? 0) / 510;
    await Promise.race([
      delay(this.#clock, maxDelayMs * jitter, target.stop.signal),
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

  /** Resolves with true once the core reports the peer connected, with false when the connection closes first. */
  #whenIdentified(link: Link, nodeId: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (identified: boolean): void => {
        stop();
        signal.removeEventListener("abort", onAbort);
        this.#closeCallbacks.delete(link.number);
        resolve(identified);
      };
      const onAbort = (): void => settle(false);
      const stop = this.observe((id, connected) => {
        if (id === nodeId && connected) settle(true);
      });
      this.#closeCallbacks.set(link.number, () => settle(this.isConnected(nodeId)));
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  readonly #closeCallbacks = new Map<number, () => void>();

  #linkOf(nodeId: string): Link | undefined {
    return this.#links.get(this.#connected.get(nodeId) ?? -1);
  }

  /** An inbound connection has identified itself. */
  #seat(link: Link, nodeId: string): void {
    if (this.#partners.has(nodeId)) {
      this.#rememberRange(link.place?.range);
      this.#leavePlace(link);
    } else this.#seatGuest(link, nodeId);
  }

  #seatGuest(link: Link, nodeId: string): void {
    const { remoteAddress } = link.connection;
    const range = remoteAddress === undefined ? undefined : addressRange(remoteAddress);
    this.#leavePlace(link);
    const place: PlaceHolder = {
      range,
      known: false,
      since: this.#clock.now(),
      drop: () => this.#drop(link, "places for peers without a channel are short"),
    };
    if (!this.#guests.admit(place)) return this.#drop(link, "no place without a channel");
    link.place = place;
    this.#knowsPeer?.(nodeId).then(
      (known) => {
        if (!known || link.place !== place) return;
        place.known = true;
        this.#rememberRange(range);
      },
      (error: unknown) =>
        this.#logger.warn({ peer: nodeId, error: String(error) }, "peer not looked up"),
    );
  }

  #leavePlace(link: Link): void {
    if (link.place === undefined) return;
    this.#unidentified.leave(link.place);
    this.#guests.leave(link.place);
    link.place = undefined;
  }

  #rememberRange(range: string | undefined): void {
    if (range === undefined) return;
    this.#knownRanges.delete(range);
    this.#knownRanges.add(range);
    const [oldest] = this.#knownRanges;
    if (this.#knownRanges.size > maxKnownRanges && oldest !== undefined)
      this.#knownRanges.delete(oldest);
  }

  /** Turns a connection away at once. */
  #drop(link: Link, reason: string): void {
    this.#logger.info({ remote: link.connection.remote, peer: link.peer, reason }, "peer dropped");
    this.#onClosed(link);
    link.connection.abort();
  }

  #link(connection: Connection, expected: string | null, place?: PlaceHolder): Link {
    const timeoutMs = expected === null ? inboundHandshakeTimeoutMs : handshakeTimeoutMs;
    const link: Link = {
      number: this.#nextNumber++,
      connection,
      inbound: expected === null,
      paused: false,
      coreIsFull: false,
      unreportedBytes: 0,
      peer: expected,
      cancelHandshake: this.#clock.after(timeoutMs, () => connection.abort()),
      place,
    };
    this.#links.set(link.number, link);
    this.#loop.post(expected === null ? inputTag.connectedIn : inputTag.connectedOut, (writer) => {
      writer.u64(link.number);
      if (expected !== null) writer.raw(hexToBytes(expected));
    });
    connection.start({
      onBytes: (bytes) => this.#read(link, bytes),
      onDrain: () => {
        if (!this.#mustWait(link)) this.#reportSent(link);
        this.#resume(link);
      },
      onClose: () => this.#onClosed(link),
    });
    return link;
  }

  #read(link: Link, bytes: Uint8Array): void {
    if (!this.#links.has(link.number)) return;
    this.#loop.post(inputTag.read, (writer) => writer.u64(link.number).raw(bytes));
    if (this.#loop.waitingInput > maxCoreInputBytes) {
      this.#pause(link);
      this.#loop.onInputHandled(() => this.#resume(link));
    }
  }

  #onClosed(link: Link): void {
    link.cancelHandshake();
    this.#leavePlace(link);
    if (this.#links.delete(link.number)) {
      this.#loop.post(inputTag.disconnected, (writer) => writer.u64(link.number));
    }
    const onClosed = this.#closeCallbacks.get(link.number);
    // only then has the core reported whether the peer is connected over another connection
    if (onClosed !== undefined) this.#loop.onInputHandled(onClosed);
  }

  #pause(link: Link): void {
    if (link.paused) return;
    link.paused = true;
    link.connection.pause();
  }

  /** Whether the peer has to read before more is taken from it. */
  #mustWait(link: Link): boolean {
    const { bufferedBytes } = link.connection;
    if (bufferedBytes > maxSendBufferBytes) return true;
    return link.unreportedBytes > reportSentBytes && bufferedBytes > reportSentBytes / 2;
  }

  #reportSent(link: Link): void {
    if (link.unreportedBytes <= reportSentBytes || !this.#links.has(link.number)) return;
    link.unreportedBytes = 0;
    this.#loop.post(inputTag.sent, (writer) => writer.u64(link.number));
  }

  #resume(link: Link): void {
    if (!link.paused || link.coreIsFull || this.#mustWait(link)) return;
    link.paused = false;
    link.connection.resume();
  }
}
