import { describe, expect, test } from "vitest";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { utf8ToText } from "../encoding/bytes.ts";
import { CoreCrashed } from "../core/core.ts";
import { ByteReader, ByteWriter } from "../encoding/byte-buffer.ts";
import { inputTag, outputTag } from "../core/frames.ts";
import { releasePolicy } from "../model/policy.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { MemoryMedium, memoryStore } from "../store/memory-store.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, StoreWrite } from "../ports/commit-store.ts";
import { CoreState } from "../store/core-state.ts";
import { CoreLoop, SessionEnded } from "./core-loop.ts";
import type { CoreLoopHost } from "./core-loop.ts";

/** A scripted core: commits and sends bytes at every exchange that has input. */
function scriptedCore(log: string[]) {
  let commit = 0;
  const inputs: number[][] = [];
  return {
    inputs,
    instance: {
      nodeId: new Uint8Array(33),
      memoryBytes: () => 0,
      drop: () => {},
      exchange(frames: Uint8Array): Uint8Array {
        const tags: number[] = [];
        const out = new ByteWriter();
        for (const reader = new ByteReader(frames); !reader.done;) {
          const tag = reader.u8();
          const payload = new ByteReader(reader.bytes());
          tags.push(tag);
          if (tag === inputTag.acknowledge) log.push(`acknowledge ${payload.u64()}`);
          if (tag === inputTag.read && payload.u64() === 666) throw new Error("trap");
          if (tag === inputTag.command) {
            const request = payload.u32();
            out.frame(outputTag.result, (writer) =>
              writer.u32(request).u8(1).raw(utf8ToBytes(`{"type":"done"}`)),
            );
          }
        }
        inputs.push(tags);
        if (tags.some((tag) => tag === inputTag.read || tag === inputTag.command)) {
          const id = ++commit;
          out.frame(outputTag.bytes, (writer) => writer.u64(1).raw(utf8ToBytes(`bytes ${id}`)));
          out.frame(outputTag.commit, (writer) =>
            writer
              .u64(id)
              .bytes(utf8ToBytes(`manager ${id}`))
              .u32(0)
              .u32(0)
              .u32(0)
              .u32(0),
          );
        }
        return out.take();
      },
    },
  };
}

function setUp(
  change: {
    store?: (store: CommitStore) => CommitStore;
    host?: Partial<CoreLoopHost>;
    maxUnstored?: number;
  } = {},
) {
  const log: string[] = [];
  const writes: StoreWrite[] = [];
  const clock = new SimulatedClock(1_000_000);
  const medium = new MemoryMedium();
  const inner = memoryStore(medium);
  const logged: CommitStore = {
    ...inner,
    async commit(write) {
      // a write takes 10 ms
      await new Promise<void>((resolve) => clock.after(10, resolve));
      await inner.commit(write);
      writes.push(write);
      log.push(`stored ${write.number}`);
    },
  };
  const store = change.store?.(logged) ?? logged;
  const core = scriptedCore(log);
  const failures: unknown[] = [];
  const begin = async () => {
    const loop = new CoreLoop({
      instance: core.instance,
      state: new CoreState(),
      store,
      position: await store.open(),
      clock,
      settings: { maxUnstored: change.maxUnstored ?? 1, againAfterMs: 50 },
      host: {
        prepare: () => undefined,
        onEvent: () => {},
        onWatch: () => {},
        onLookups: () => {},
        onLog: () => {},
        encodeEvent: (body, sequence) => utf8ToBytes(`${sequence} ${body.type}`),
        send: (send) =>
          log.push(send.kind === "bytes" ? `sent ${utf8ToText(send.bytes)}` : send.kind),
        onEvents: (last) => log.push(`events ${last}`),
        onFailure: (error) => failures.push(error),
        ...change.host,
      },
    });
    return loop;
  };
  return { log, writes, clock, core, begin, failures, medium };
}

const read = (loop: CoreLoop, connection = 1): void =>
  loop.post(inputTag.read, (writer) => writer.u64(connection).raw(utf8ToBytes("x")));

describe("the core loop", () => {
  test("stores, then sends, then acknowledges", async () => {
    const { log, clock, begin } = setUp();
    read(await begin());
    await clock.advance(100);
    expect(log).toEqual(["stored 1", "sent bytes 1", "acknowledge 1"]);
  });

  test("23: sends nothing when the store fails", async () => {
    const { log, clock, begin, failures } = setUp({
      store: (store) => ({ ...store, commit: () => Promise.reject(new Error("disk full")) }),
    });
    const loop = await begin();
    read(loop);
    await clock.advance(100);
    expect(log).toEqual([]);
    expect(failures).toEqual([new Error("disk full")]);
    await expect(loop.released()).rejects.toBeInstanceOf(SessionEnded);
  });

  test("with a second copy: stores, acknowledges, and sends once the copy has the commit", async () => {
    const { log, clock, begin } = setUp({
      store: (store) => ({
        ...store,
        released: (number) =>
          new Promise((resolve) => {
            clock.after(300, () => {
              log.push(`copied ${number}`);
              resolve();
            });
          }),
      }),
    });
    const loop = await begin();
    read(loop);
    await clock.advance(20);
    read(loop);
    let isReleased = false;
    void loop.released().then(() => (isReleased = true));
    await clock.advance(200);
    expect(isReleased).toBe(false);
    await clock.advance(200);
    expect(isReleased).toBe(true);
    expect(log).toEqual([
      "stored 1",
      "acknowledge 1",
      "stored 2",
      "acknowledge 2",
      "copied 1",
      "sent bytes 1",
      "copied 2",
      "sent bytes 2",
    ]);
  });

  test("with a second copy that refuses: sends nothing and stops", async () => {
    const { log, clock, begin, failures } = setUp({
      store: (store) => ({
        ...store,
        released: () => Promise.reject(new WriterFenced("another device")),
      }),
    });
    const loop = await begin();
    read(loop);
    await clock.advance(100);
    expect(log.filter((line) => line.startsWith("sent"))).toEqual([]);
    expect(failures).toEqual([new WriterFenced("another device")]);
    expect(loop.isStopped).toBe(true);
  });

  test("with a second copy that never answers: only peers wait", async () => {
    const { core, log, clock, begin } = setUp({
      store: (store) => ({ ...store, released: () => new Promise<void>(() => {}) }),
    });
    const loop = await begin();
    for (let count = 0; count < 100; count++) {
      read(loop);
      await clock.advance(50);
    }
    const tags = (tag: number): number => core.inputs.flat().filter((one) => one === tag).length;
    expect(tags(inputTag.read)).toBe(releasePolicy.maxWaitingGroups);
    loop.post(inputTag.tick, (writer) => writer.u8(1));
    loop.post(inputTag.fullBlock, (writer) => writer.u32(7));
    await clock.during(loop.stored());
    expect([tags(inputTag.tick), tags(inputTag.fullBlock)]).toEqual([1, 1]);
    const closing = loop.runUntilStored({ type: "listPeers" }, (outcome) => outcome.ok);
    expect(await clock.during(closing)).toBe(true);
    expect(tags(inputTag.read)).toBe(releasePolicy.maxWaitingGroups);
    expect(loop.waitingInput).toBeGreaterThan(0);
    expect(log.filter((line) => line.startsWith("sent"))).toEqual([]);
  });

  test("takes what peers sent meanwhile, in order, once the second copy answers again", async () => {
    const connections: number[] = [];
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let hasAnswered = false;
    const { core, clock, begin } = setUp({
      store: (store) => ({ ...store, released: () => (hasAnswered ? undefined : answered) }),
    });
    const exchange = core.instance.exchange.bind(core.instance);
    core.instance.exchange = (frames) => {
      for (const reader = new ByteReader(frames); !reader.done;) {
        const tag = reader.u8();
        const payload = new ByteReader(reader.bytes());
        if (tag === inputTag.read) connections.push(payload.u64());
      }
      return exchange(frames);
    };
    const loop = await begin();
    for (let count = 0; count < 100; count++) {
      read(loop, count);
      await clock.advance(50);
    }
    let isHandled = false;
    loop.onInputHandled(() => (isHandled = true));
    await clock.advance(1_000);
    expect([connections.length, isHandled]).toEqual([releasePolicy.maxWaitingGroups, false]);
    hasAnswered = true;
    answer();
    await clock.during(loop.idle());
    expect(connections).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect(isHandled).toBe(true);
  });

  test("takes input that arrives during a write in one exchange", async () => {
    const { core, clock, writes, begin } = setUp();
    const loop = await begin();
    for (let count = 0; count < 30; count++) {
      read(loop);
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(writes.length).toBeLessThanOrEqual(5);
    expect(core.inputs.flat().filter((tag) => tag === inputTag.read)).toHaveLength(30);
  });

  test("writes several exchanges at once, in order", async () => {
    const { log, clock, writes, begin } = setUp({ maxUnstored: 4 });
    const loop = await begin();
    for (let count = 0; count < 30; count++) {
      read(loop);
      await clock.advance(1);
    }
    await clock.advance(100);
    // 30 ms of input at 10 ms per write: a handful of writes, each with the latest manager
    expect(writes.length).toBeLessThanOrEqual(5);
    expect(loop.counters.commits).toBeGreaterThan(writes.length);
    const order = log
      .filter((line) => line.startsWith("sent"))
      .map((line) => Number(line.slice(11)));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(loop.counters.commits);
    for (const [at, line] of log.entries()) {
      // everything acknowledged has been stored and sent before
      if (!line.startsWith("acknowledge")) continue;
      expect(log.slice(0, at)).toContain(`sent bytes ${line.slice(12)}`);
    }
  });

  test("writes a command's rows and events together with its commit", async () => {
    const { clock, writes, begin } = setUp();
    const loop = await begin();
    const done = loop.run({ type: "listPeers" }, (outcome, unit) => {
      unit.put("t", "k", utf8ToBytes("v"));
      unit.emit({ type: "outputsSweeping", channelId: null, amountSat: 0n as never });
      return outcome.ok;
    });
    expect(await clock.during(done)).toBe(true);
    expect(writes).toHaveLength(1);
    expect(writes[0]?.rows.map(({ table }) => table)).toEqual([
      "core-manager",
      "core-manager",
      "t",
    ]);
    expect(writes[0]?.events.map(({ value }) => utf8ToText(value))).toEqual(["1 outputsSweeping"]);
  });

  test("stops when the core traps: queued work is lost and nothing of it was sent", async () => {
    const { log, clock, begin, failures } = setUp();
    const loop = await begin();
    read(loop, 666);
    const call = loop.query({ type: "listPeers" }).catch((error: unknown) => error);
    await clock.advance(100);
    expect(await call).toBeInstanceOf(SessionEnded);
    expect(log).toEqual([]);
    expect(failures).toHaveLength(1);
    expect(loop.isStopped).toBe(true);
    expect(failures[0]).not.toBeInstanceOf(CoreCrashed);
  });

  test("sends nothing after a stop during a write, which still completes", async () => {
    const { log, clock, begin } = setUp();
    const loop = await begin();
    read(loop);
    await clock.advance(5);
    loop.stop();
    const written = loop.lastWrite();
    await clock.advance(100);
    await written;
    expect(log).toEqual(["stored 1"]);
  });
});
