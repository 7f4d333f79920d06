import net from "node:net";
import type { Socket } from "node:net";

/** A slow link: one-way latency, and bandwidth per direction. */
export type LinkSpeed = { readonly oneWayMs: number; readonly bytesPerSecond: number };

const packetBytes = 1_400;

/** One direction, shared by all connections: packets are sent one after another and arrive after the latency. */
class Direction {
  bytes = 0;
  #freeAt = 0;
  readonly #speed: LinkSpeed;

  constructor(speed: LinkSpeed) {
    this.#speed = speed;
  }

  send(chunk: Buffer, notBefore: number, arrive: (packet: Buffer) => void): void {
    for (let from = 0; from < chunk.length; from += packetBytes) {
      const packet = chunk.subarray(from, from + packetBytes);
      const now = performance.now();
      this.#freeAt =
        Math.max(now, this.#freeAt, notBefore) +
        (packet.length / this.#speed.bytesPerSecond) * 1_000;
      this.bytes += packet.length;
      setTimeout(arrive, this.#freeAt + this.#speed.oneWayMs - now, packet);
    }
  }
}

/** TCP proxy that simulates a slow link: one local port per target. */
export class SlowLink {
  readonly #speed: LinkSpeed;
  readonly #up: Direction;
  readonly #down: Direction;
  readonly #servers: net.Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(speed: LinkSpeed) {
    this.#speed = speed;
    this.#up = new Direction(speed);
    this.#down = new Direction(speed);
  }

  /** Bytes sent so far in both directions, without IP and TCP headers. */
  get bytes(): number {
    return this.#up.bytes + this.#down.bytes;
  }

  /** Opens a proxy for a target. @returns its local port. */
  async localPortTo(host: string, port: number): Promise<number> {
    const server = net.createServer((client) => this.#carry(client, net.connect(port, host)));
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

  #carry(client: Socket, target: Socket): void {
    // A new connection costs one round trip before its first byte.
    const openAt = performance.now() + 2 * this.#speed.oneWayMs;
    const pass = (from: Socket, to: Socket, direction: Direction): void => {
      this.#sockets.add(from);
      from.setNoDelay(true);
      let last = openAt;
      from.on("data", (chunk) => {
        last = performance.now();
        direction.send(chunk, openAt, (packet) => to.write(packet));
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        setTimeout(() => to.end(), Math.max(0, last - performance.now()) + 2_000);
      });
    };
    pass(client, target, this.#up);
    pass(target, client, this.#down);
  }
}
