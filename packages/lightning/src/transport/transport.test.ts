import { afterEach, describe, expect, test } from "vitest";
import { listenTcp, parseTcpAddress, tcpTransport } from "./tcp.ts";
import type { Connection, Listener, Transport } from "../ports/transport.ts";
import { webSocketTransport } from "./web-socket.ts";
import { listenWebSocket } from "./web-socket-listener.ts";

const never = new AbortController().signal;
const here = { host: "127.0.0.1", port: 0 };
let listener: Listener | undefined;
afterEach(async () => {
  await listener?.close();
  listener = undefined;
});

type End = {
  readonly connection: Connection;
  received: Uint8Array;
  readonly closed: Promise<void>;
};

function drive(connection: Connection): End {
  let close = (): void => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const end: End = { connection, received: new Uint8Array(), closed };
  connection.start({
    onBytes: (bytes) => {
      end.received = Buffer.concat([end.received, bytes]);
    },
    onDrain: () => {},
    onClose: () => close(),
  });
  return end;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("timed out");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const kinds: readonly {
  readonly name: string;
  readonly listen: typeof listenTcp;
  readonly transport: Transport;
}[] = [
  { name: "TCP", listen: listenTcp, transport: tcpTransport() },
  { name: "WebSocket", listen: listenWebSocket, transport: webSocketTransport() },
];

describe.each(kinds)("$name", ({ listen, transport }) => {
  async function pair(): Promise<{ client: Connection; server: Connection }> {
    let accept: (connection: Connection) => void = () => {};
    const accepted = new Promise<Connection>((resolve) => {
      accept = resolve;
    });
    listener = await listen(here, (connection) => accept(connection));
    const connected = await transport.connect(listener?.address ?? "", never);
    if (!connected.ok) throw new Error(connected.error.message);
    return { client: connected.value, server: await accepted };
  }

  test("transfers a megabyte in each direction, in order", async () => {
    const { client, server } = await pair();
    const [one, other] = [drive(client), drive(server)];
    const large = Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 7) % 251);
    for (let from = 0; from < large.length; from += 9_973) {
      one.connection.write(large.subarray(from, from + 9_973));
      other.connection.write(large.subarray(from, from + 9_973));
    }
    await until(() => one.received.length + other.received.length === 2 * large.length);
    expect(Buffer.compare(one.received, large)).toBe(0);
    expect(Buffer.compare(other.received, large)).toBe(0);
  });

  test("delivers bytes that arrived before start and while paused", async () => {
    const { client, server } = await pair();
    drive(client).connection.write(Uint8Array.of(1, 2, 3));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const end = drive(server);
    await until(() => end.received.length === 3);
    server.pause();
    client.write(Uint8Array.of(4));
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.resume();
    await until(() => end.received.length === 4);
    expect([...end.received]).toEqual([1, 2, 3, 4]);
  });

  test("reports the close to both ends once, after queued bytes", async () => {
    const { client, server } = await pair();
    const [one, other] = [drive(client), drive(server)];
    client.write(Uint8Array.of(9));
    client.close();
    await Promise.all([one.closed, other.closed]);
    expect([...other.received]).toEqual([9]);
    expect(() => client.write(Uint8Array.of(1))).not.toThrow();
  });

  test("fails with connect_failed (retry safe) when nobody listens", async () => {
    listener = await listen(here, () => {});
    const { address } = listener;
    await listener.close();
    listener = undefined;
    expect(await transport.connect(address, never)).toMatchObject({
      ok: false,
      error: { code: "connect_failed", retry: "safe" },
    });
  });
});

test.each([
  ["127.0.0.1:9735", { host: "127.0.0.1", port: 9735 }],
  ["tcp://node.example:1", { host: "node.example", port: 1 }],
  ["[::1]:9735", { host: "::1", port: 9735 }],
  ["127.0.0.1", undefined],
  ["127.0.0.1:0", undefined],
  ["127.0.0.1:70000", undefined],
  ["ws://127.0.0.1:9735", undefined],
  ["", undefined],
])("parses the address %j", (text, expected) => {
  expect(parseTcpAddress(text)).toEqual(expected);
});
