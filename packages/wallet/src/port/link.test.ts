import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloneEncoding, textEncoding } from "./encoding.ts";
import type { Encoding } from "./encoding.ts";
import { CallFailed, Link } from "./link.ts";
import type { LinkOptions, Serve } from "./link.ts";
import { pipePair } from "./testing/pipes.ts";
import type { Interception } from "./testing/pipes.ts";
import type { PortValue } from "./value.ts";

const small = { size: 50_000, depth: 8 };
const session = "s1";

type Ends = {
  readonly host: Link;
  readonly worker: Link;
  readonly refusals: string[];
  readonly faults: unknown[];
};

const refuseAll: Serve = async () => {
  throw new CallFailed("unknown_call", "This side serves no calls.");
};

function connect(
  encoding: Encoding,
  serve: Serve,
  more: { readonly between?: Partial<Interception>; readonly host?: Partial<LinkOptions> } = {},
): Ends {
  const refusals: string[] = [];
  const faults: unknown[] = [];
  const pipes = pipePair({ schedule: queueMicrotask, ...more.between });
  const common = {
    encoding,
    session,
    onFault: (error: unknown) => faults.push(error),
  };
  const host = new Link({
    ...common,
    pipe: pipes.host,
    serve: refuseAll,
    onRefused: (code, where) => refusals.push(`host/${where}/${code}`),
    ...more.host,
  });
  const worker = new Link({
    ...common,
    pipe: pipes.worker,
    serve,
    onRefused: (code, where) => refusals.push(`worker/${where}/${code}`),
  });
  return { host, worker, refusals, faults };
}

/** Waits until all sent messages have arrived. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const echo: Serve = async (_name, params) => params["value"] ?? null;

const values = fc.letrec<{ value: PortValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: "binary" }),
    fc.uint8Array({ maxLength: 200 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== "__proto__" && name !== "$bytes"),
      tie("value"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

describe.each([
  ["structured clones", cloneEncoding],
  ["text", textEncoding],
] as const)("a link over %s", (_name, encodingWith) => {
  const encoding = encodingWith(small);

  test("reproduces every value exactly", () =>
    fc.assert(
      fc.asyncProperty(values, async (value) => {
        const { host } = connect(encoding, echo);
        expect(await host.call("echo", { value })).toEqual(value);
      }),
      { numRuns: 200 },
    ));

  test("carries error codes, and answers unknown calls", async () => {
    const { host, worker } = connect(encoding, async (name) => {
      if (name === "known") throw new CallFailed("store_full", "The store is full.");
      throw new TypeError("a bug");
    });
    await expect(host.call("known", {})).rejects.toMatchObject({ code: "store_full" });
    await expect(host.call("bug", {})).rejects.toMatchObject({ code: "failed" });
    await expect(worker.call("anything", {})).rejects.toMatchObject({ code: "unknown_call" });
  });

  test("carries items before the answer, and notifications", async () => {
    const notifications: PortValue[] = [];
    const { host, worker } = connect(
      encoding,
      async (_call, _params, { item }) => {
        item(1);
        item("two");
        return null;
      },
      { host: { onNotify: (name, value) => notifications.push([name, value]) } },
    );
    const items: PortValue[] = [];
    await host.call("count", {}, { onItem: (value) => items.push(value) });
    expect(items).toEqual([1, "two"]);
    worker.notify("snapshot", { phase: "ready" });
    await rest();
    expect(notifications).toEqual([["snapshot", { phase: "ready" }]]);
  });

  test("streams bytes in both directions and reports what was consumed", async () => {
    const taken: number[] = [];
    const got: number[] = [];
    let ended: string | null | undefined;
    const { host } = connect(encoding, async (_call, _params, served) => {
      const stream = served.stream({
        onBytes: (bytes) => {
          stream.consumed(bytes.length);
          stream.write(bytes.map((byte) => byte + 1));
          if (bytes.length === 1) stream.end("enough");
        },
        onEnd: () => undefined,
      });
      return null;
    });
    const { answer, stream } = host.callWithStream(
      "echo",
      {},
      {
        onBytes: (bytes) => got.push(...bytes),
        onConsumed: (count) => taken.push(count),
        onEnd: (error) => {
          ended = error;
        },
      },
    );
    await answer;
    stream.write(Uint8Array.of(1, 2, 3));
    stream.write(Uint8Array.of(9));
    await rest();
    expect(got).toEqual([2, 3, 4, 10]);
    expect(taken).toEqual([3, 1]);
    expect(ended).toBe("enough");
    stream.write(Uint8Array.of(1));
  });

  test("ends an aborted call at once and aborts it on the serving side", async () => {
    let isAborted = false;
    const { host } = connect(encoding, (_call, _params, { signal }) => {
      signal.addEventListener("abort", () => (isAborted = true));
      return new Promise(() => undefined);
    });
    const abort = new AbortController();
    const call = host.call("wait", {}, { signal: abort.signal });
    await rest();
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    await rest();
    expect(isAborted).toBe(true);
  });

  test("sends only the bytes of a view, not the rest of its buffer", () => {
    const all = new Uint8Array(64).fill(7);
    const sent = encoding.encode({ view: all.subarray(10, 12) });
    const size =
      typeof sent === "string"
        ? sent.length
        : (sent as { readonly view: Uint8Array }).view.buffer.byteLength;
    expect(size).toBeLessThan(30);
  });

  test("refuses to send values that are not plain data, too deep or too large, and keeps working", async () => {
    const { host, faults } = connect(encoding, echo);
    let deep: PortValue = 1;
    for (let level = 0; level < 20; level += 1) deep = [deep];
    for (const value of [
      () => 1,
      Symbol("no"),
      Number.NaN,
      new Date(0),
      new Map(),
      deep,
      "x".repeat(60_000),
      new Uint8Array(60_000),
      JSON.parse('{"__proto__": 1}') as unknown,
    ]) {
      await expect(host.call("echo", { value: value as PortValue })).rejects.toMatchObject({
        code: "invalid_request",
      });
    }
    expect(await host.call("echo", { value: "still here" })).toBe("still here");
    expect(faults).toEqual([]);
  });

  test("refuses malformed messages, notifies the other side, and keeps working", async () => {
    const raw: unknown[] = [
      undefined,
      null,
      7,
      "",
      "{",
      "[".repeat(10_000),
      "[]",
      new Uint8Array(3),
      [],
      {},
      "x".repeat(200_000),
      { s: session, n: 1 },
      { s: session, n: "1", m: {} },
      { s: session, n: 1.5, m: {} },
      { s: "another run", n: 1, m: { t: "call", id: 1, name: "echo", params: {} } },
      { s: "x".repeat(60_000), n: 1, m: {} },
      () => 1,
    ];
    const { refusals, ends } = feed(encoding, raw);
    await rest();
    expect(refusals.filter((refusal) => refusal.startsWith("worker/local/"))).toHaveLength(
      raw.length,
    );
    // the other side was notified of each
    expect(refusals.filter((refusal) => refusal.startsWith("host/remote/"))).toHaveLength(
      raw.length,
    );
    expect(await ends.host.call("echo", { value: 1 })).toBe(1);
  });

  test("refuses messages with a valid envelope and malformed content", async () => {
    const messages: PortValue[] = [
      {},
      { t: "dance" },
      { t: "call" },
      { t: "call", id: 0, name: "echo", params: {} },
      { t: "call", id: 1, name: 7, params: {} },
      { t: "call", id: 1, name: "echo", params: [] },
      { t: "answer", id: 99, value: 1 },
      { t: "answer", id: 0 },
      { t: "failure", id: 1, code: 1, message: "x" },
      { t: "notify", name: "x" },
      { t: "bytes", own: true, id: 5, bytes: new Uint8Array(1) },
      { t: "bytes", own: "yes", id: 5, bytes: new Uint8Array(1) },
      { t: "taken", own: false, id: 1, count: 1 },
      { t: "end", own: true, id: 9, error: null },
      { t: "item", id: 12, value: 1 },
    ];
    const { refusals, ends } = feed(
      encoding,
      messages.map((m, at) => ({ s: session, n: at + 1, m })),
      messages.length,
    );
    await rest();
    expect(refusals.filter((refusal) => refusal === "worker/local/malformed")).toHaveLength(
      messages.length,
    );
    expect(await ends.host.call("echo", { value: 1 })).toBe(1);
  });

  test("refuses repeated messages, so that nothing is done twice", async () => {
    let count = 0;
    const { host, refusals } = connect(
      encoding,
      async () => {
        count += 1;
        return count;
      },
      { between: { pass: (raw, to) => (to === "worker" ? [raw, raw, raw] : [raw]) } },
    );
    expect(await host.call("count", {})).toBe(1);
    expect(await host.call("count", {})).toBe(2);
    await rest();
    expect(count).toBe(2);
    expect(refusals.filter((refusal) => refusal === "worker/local/repeated")).toHaveLength(4);
  });

  test("ends when a message was lost", async () => {
    let seen = 0;
    let broken = 0;
    const done: string[] = [];
    const { host, worker } = connect(
      encoding,
      async (name) => {
        done.push(name);
        return null;
      },
      {
        between: {
          pass: (raw, to) => {
            seen += to === "worker" ? 1 : 0;
            return to === "worker" && seen === 2 ? [] : [raw];
          },
        },
        host: { onBroken: () => (broken += 1) },
      },
    );
    await host.call("first", {});
    const lost = host.call("lost", {});
    lost.catch(() => {});
    const after = host.call("after", {});
    after.catch(() => {});
    await rest();
    expect(done).toEqual(["first"]);
    expect(worker.hasEnded).toBe(true);
    expect(broken).toBe(1);
    expect(host.hasEnded).toBe(true);
    await expect(lost).rejects.toMatchObject({ code: "link_over" });
    await expect(after).rejects.toMatchObject({ code: "link_over" });
    await expect(host.call("late", {})).rejects.toMatchObject({ code: "link_over" });
  });

  test("ends when messages arrive out of order", async () => {
    const held: (() => void)[] = [];
    let holds = false;
    const { host, worker, refusals } = connect(encoding, echo, {
      between: {
        schedule: (deliver) => {
          if (holds) held.push(deliver);
          else queueMicrotask(deliver);
        },
      },
    });
    holds = true;
    host.call("echo", { value: 1 }).catch(() => {});
    host.call("echo", { value: 2 }).catch(() => {});
    for (const deliver of held.toReversed()) deliver();
    expect(refusals).toContain("worker/local/lost");
    expect(worker.hasEnded).toBe(true);
  });

  test("keeps working when a listener throws", async () => {
    const { host, worker, faults } = connect(encoding, echo, {
      host: {
        onNotify: () => {
          throw new Error("a bug in a screen");
        },
      },
    });
    worker.notify("snapshot", 1);
    await rest();
    expect(faults).toHaveLength(1);
    expect(await host.call("echo", { value: 1 })).toBe(1);
  });

  test("never throws or answers wrongly when random values arrive between messages", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.anything({ withBigInt: true, withDate: true }), { maxLength: 20 }),
        async (junk) => {
          const { ends } = feed(encoding, junk);
          await rest();
          expect(await ends.host.call("echo", { value: "ok" })).toBe("ok");
        },
      ),
      { numRuns: 100 },
    ));
});

/**
 * Delivers raw messages to a worker's link before any message of its host.
 * @param counted how many of them have a valid number
 */
function feed(
  encoding: Encoding,
  raw: readonly unknown[],
  counted = 0,
): { readonly refusals: string[]; readonly ends: Ends } {
  const listeners: ((message: unknown) => void)[] = [];
  const refusals: string[] = [];
  const pipes = pipePair({ schedule: queueMicrotask });
  const worker = new Link({
    encoding,
    session,
    serve: echo,
    pipe: {
      ...pipes.worker,
      listen: (listener) => {
        listeners.push(listener);
        pipes.worker.listen(listener);
      },
    },
    onRefused: (code, where) => refusals.push(`worker/${where}/${code}`),
  });
  const host = new Link({
    encoding,
    session,
    serve: refuseAll,
    pipe: pipes.host,
    onRefused: (code, where) => refusals.push(`host/${where}/${code}`),
  });
  for (const message of raw) {
    let encoded: unknown = message;
    if (encoding.name === "text" && typeof message === "object" && message !== null) {
      try {
        encoded = encoding.encode(message as PortValue);
      } catch {
        encoded = message;
      }
    }
    for (const listener of listeners) listener(encoded);
  }
  // the host's own messages continue after those numbers
  for (let number = 0; number < counted; number += 1) skipNumber(host);
  return { refusals, ends: { host, worker, refusals, faults: [] } };
}

/** Uses up one message number that the test has already used. */
function skipNumber(link: Link): void {
  link.notify("skipped", null);
}
