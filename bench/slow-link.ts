import net from "node:net";
import type { Socket } from "node:net";

/** A slow link: one-way latency, and bandwidth per direction. */
export type LinkTerms = { readonly oneWayMs: number; readonly bytesPerSecond: number };

const packetBytes = 1_400;

/** One direction, shared by all connections: packets are sent one after another and arrive after the latency. */
class Lane {
  bytes = 0;
  #freeAt = 0;
  readonly #terms: LinkTerms;

  constructor(terms: LinkTerms) {
    this.#terms = terms;
  }

  send(chunk: Buffer, notBefore: number, arrive: (packet: Buffer) => void): void {
    for (let from = 0; from < chunk.length; from += packetBytes) {
      const packet = chunk.subarray(from, from + packetBytes);
      const now = performance.now();
      this.#freeAt =
        Math.max(now, this.#freeAt, notBefore) +
        (packet.length / this.#terms.bytesPerSecond) * 1_000;
      this.bytes += packet.length;
      setTimeout(arrive, this.#freeAt + this.#terms.oneWayMs - now, packet);
    }
  }
}

/** TCP proxy over such a link: one local port per target. */
export class SlowLink {
  readonly #terms: LinkTerms;
  readonly #up: Lane;
  readonly #down: Lane;
  readonly #servers: net.Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(terms: LinkTerms) {
    this.#terms = terms;
    this.#up = new Lane(terms);
    this.#down = new Lane(terms);
  }

  /** Bytes sent so far in both directions, without IP and TCP headers. */
  get bytes(): number {
    return this.#up.bytes + this.#down.bytes;
  }

  /** @returns the local port that leads to this target. */
  async to(host: string, port: number): Promise<number> {
    const server = net.createServer((near) => this.#carry(near, net.connect(port, host)));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("No port");
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }

  #carry(near: Socket, far: Socket): void {
    // A new connection costs one round trip before its first byte.
    const openAt = performance.now() + 2 * this.#terms.oneWayMs;
    const pass = (from: Socket, to: Socket, lane: Lane): void => {
      this.#sockets.add(from);
      from.setNoDelay(true);
      let last = openAt;
      from.on("data", (chunk) => {
        last = performance.now();
        lane.send(chunk, openAt, (packet) => to.write(packet));
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        setTimeout(() => to.end(), Math.max(0, last - performance.now()) + 2_000);
      });
    };
    pass(near, far, this.#up);
    pass(far, near, this.#down);
  }
}
