import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { MemoryMedium, memoryStore } from "@satsconnect/lightning";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { cloneEncoding, textEncoding } from "../port/encoding.ts";
import { hostFetch, hostKeyValueStore, hostStore, hostTransport } from "./host-ports.ts";
import { Link } from "../port/link.ts";
import { serveWorker } from "../host/worker-services.ts";
import type { HostPorts } from "../host/worker-services.ts";
import { pipePair } from "../port/testing/pipes.ts";

const encodings = [
  ["structured clones", cloneEncoding()],
  ["text", textEncoding()],
] as const;

function workerWith(ports: Partial<HostPorts>, encoding = encodings[0][1]): Link {
  const pipes = pipePair({ schedule: queueMicrotask });
  const common = { encoding, session: "s" };
  const host = new Link({
    ...common,
    pipe: pipes.host,
    serve: serveWorker({
      store: memoryStore(),
      keyValueStore: memoryKeyValueStore(),
      fetch,
      webSocket: (url) => new WebSocket(url),
      mayReach: () => true,
      ...ports,
    }),
  });
  void host;
  return new Link({
    ...common,
    pipe: pipes.worker,
    serve: async () => null,
  });
}

describe.each(encodings)("a host over %s", (name, encoding) => {
  describeCommitStore(`host, over ${name}`, async () => {
    const medium = new MemoryMedium();
    return {
      reopen: () => hostStore(workerWith({ store: memoryStore(medium) }, encoding)),
      remove: async () => undefined,
    };
  });

  test("lists more rows than fit into one message", async () => {
    const store = hostStore(workerWith({}, encoding));
    await store.open();
    const value = new Uint8Array(300_000).fill(5);
    const keys = Array.from({ length: 40 }, (_, at) => String(at).padStart(3, "0"));
    await store.commit({
      number: 1,
      rows: keys.map((key) => ({ table: "t", key, value })),
      events: [],
    });
    expect((await store.list("t")).map(({ key }) => key)).toEqual(keys);
    expect(await store.list("t", { descending: true, limit: 20 })).toHaveLength(20);
  });

  test("stores key-value entries", async () => {
    const store = hostKeyValueStore(workerWith({}, encoding));
    await store.put("a/1", "one");
    await store.put("a/2", "two");
    await store.put("b", "three");
    expect(await store.get("a/1")).toBe("one");
    expect(await store.get("none")).toBeUndefined();
    await store.delete("a/1");
    expect(await store.list("a/")).toEqual([{ key: "a/2", value: "two" }]);
  });

  test("fetches status, headers and a body that arrives in chunks", async () => {
    let release = (): void => undefined;
    const waits = new Promise<void>((resolve) => (release = resolve));
    const requests: Request[] = [];
    const send: typeof fetch = async (input, init) => {
      requests.push(new Request(input, init));
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("one\n"));
          await waits;
          controller.enqueue(new TextEncoder().encode("two\n"));
          controller.close();
        },
      });
      return new Response(body, { status: 201, headers: { "x-kind": "test" } });
    };
    const fetchByHost = hostFetch(workerWith({ fetch: send }, encoding));
    const response = await fetchByHost("http://api.example/x", {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "hello",
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-kind")).toBe("test");
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toBe("one\n");
    release();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("two\n");
    expect((await reader?.read())?.done).toBe(true);
    expect(await requests[0]?.text()).toBe("hello");
    expect(requests[0]?.credentials).toBe("omit");
    expect(requests[0]?.redirect).toBe("error");
  });

  test("delivers a large body completely, and reads ahead only within the window", async () => {
    let sent = 0;
    const chunk = new Uint8Array(100_000);
    const send: typeof fetch = async () =>
      new Response(
        new ReadableStream<Uint8Array>(
          {
            pull: (controller) => {
              if (sent === 60) return controller.close();
              sent += 1;
              controller.enqueue(chunk.slice());
            },
          },
          { highWaterMark: 0 },
        ),
      );
    const response = await hostFetch(workerWith({ fetch: send }, encoding))("http://api.example/");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toBeLessThan(15);
    expect((await response.arrayBuffer()).byteLength).toBe(6_000_000);
  });

  test("rejects like fetch if the server cannot be reached or closes the connection", async () => {
    const unreachable = hostFetch(
      workerWith(
        {
          fetch: async () => {
            throw new TypeError("fetch failed");
          },
        },
        encoding,
      ),
    );
    await expect(unreachable("http://api.example/")).rejects.toBeInstanceOf(TypeError);
    const interrupted = hostFetch(
      workerWith(
        {
          fetch: async () =>
            new Response(
              new ReadableStream({
                start: (controller) => controller.error(new Error("cut")),
              }),
            ),
        },
        encoding,
      ),
    );
    const response = await interrupted("http://api.example/");
    await expect(response.text()).rejects.toBeInstanceOf(TypeError);
  });

  test("aborts the host's fetch too, before the response and during the body", async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const send: typeof fetch = (input, init) => {
      signals.push(init?.signal);
      if (String(input).endsWith("/body"))
        return Promise.resolve(new Response(new ReadableStream({ start: () => undefined })));
      return new Promise(() => undefined);
    };
    const fetchByHost = hostFetch(workerWith({ fetch: send }, encoding));
    const before = new AbortController();
    const asking = fetchByHost("http://api.example/", { signal: before.signal });
    await new Promise((resolve) => setTimeout(resolve, 5));
    before.abort();
    await expect(asking).rejects.toMatchObject({ name: "AbortError" });
    const during = new AbortController();
    const response = await fetchByHost("http://api.example/body", { signal: during.signal });
    const reading = response.text();
    during.abort();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  test("refuses URLs that the worker may not access", async () => {
    const worker = workerWith({ mayReach: (url) => url.startsWith("https://ours/") }, encoding);
    await expect(hostFetch(worker)("file:///etc/passwd")).rejects.toBeInstanceOf(TypeError);
    const connected = await hostTransport(worker).connect(
      "ws://elsewhere",
      new AbortController().signal,
    );
    expect(connected.ok).toBe(false);
  });

  test("refuses every call with malformed parameters and keeps working", async () => {
    const worker = workerWith({}, encoding);
    const calls: readonly (readonly [string, Parameters<Link["call"]>[1]])[] = [
      ["store.commit", {}],
      ["store.commit", { number: -1, rows: [], events: [] }],
      ["store.commit", { number: 1, rows: [{ table: "t", key: "k", value: "text" }], events: [] }],
      ["store.commit", { number: 1, rows: "all", events: [] }],
      ["store.read", { table: 1, key: "k" }],
      ["store.list", { table: "t".repeat(1_000) }],
      ["store.events", { after: "0", limit: 1 }],
      ["keyValue.put", { key: "k" }],
      ["keyValue.get", { key: null }],
      ["fetch", { url: "http://x", method: "CONNECT", headers: [] }],
      ["fetch", { url: "http://x", method: "GET", headers: [["a", "b", "c"]] }],
      ["socket", {}],
    ];
    for (const [call, params] of calls)
      await expect(worker.call(call, params)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(worker.call("steal", {})).rejects.toMatchObject({ code: "unknown_call" });
    expect(await worker.call("keyValue.get", { key: "k" })).toBeNull();
  });
});

describe("sockets", () => {
  const servers: WebSocketServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  test.each(encodings)(
    "carry bytes in order in both directions and close, over %s",
    async (_name, encoding) => {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
      servers.push(server);
      server.on("connection", (socket) => {
        socket.on("message", (data: Buffer) => {
          socket.send(Buffer.concat([Buffer.from([0]), data]));
          if (data.length === 1) socket.close();
        });
      });
      await new Promise((resolve) => server.on("listening", resolve));
      const address = server.address();
      if (typeof address !== "object" || address === null) throw new Error("no address");
      const transport = hostTransport(workerWith({}, encoding));
      expect(transport.supports("tcp://127.0.0.1:1")).toBe(false);
      const url = `ws://127.0.0.1:${String(address.port)}`;
      const connected = await transport.connect(url, new AbortController().signal);
      if (!connected.ok) throw new Error(connected.error.message);
      const got: number[] = [];
      let drained = 0;
      const closed = new Promise<void>((resolve) => {
        connected.value.start({
          onBytes: (bytes) => got.push(...bytes),
          onDrain: () => (drained += 1),
          onClose: resolve,
        });
      });
      connected.value.write(Uint8Array.of(1, 2));
      while (drained === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      connected.value.write(Uint8Array.of(3));
      await closed;
      expect(got).toEqual([0, 1, 2, 0, 3]);
      expect(connected.value.bufferedBytes).toBeLessThanOrEqual(1);
      connected.value.write(Uint8Array.of(9));
    },
  );

  test.each(encodings)("report a failed connection, over %s", async (_name, encoding) => {
    const transport = hostTransport(workerWith({}, encoding));
    const connected = await transport.connect("ws://127.0.0.1:9", new AbortController().signal);
    expect(connected).toMatchObject({ ok: false, error: { code: "connect_failed" } });
  });
});
