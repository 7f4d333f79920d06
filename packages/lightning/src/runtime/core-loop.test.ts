import { describe, expect, test } from "vitest";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { utf8ToText } from "../encoding/bytes.ts";
import { CoreCrashed } from "../core/core.ts";
import { ByteReader, ByteWriter } from "../encoding/byte-buffer.ts";
import { inputTag, outputTag } from "../core/frames.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { MemoryMedium, memoryStore } from "../store/memory-store.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, StoreWrite } from "../ports/commit-store.ts";
import { CoreState } from "../store/core-state.ts";
import { CoreLoop, SessionEnded } from "./core-loop.ts";
import type { CoreLoopHost } from "./core-loop.ts";

/** A core that commits at every exchange that has input, and says one thing to the network. */
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
            out.frame(outputTag.result, (w) =>
              w.u32(request).u8(1).raw(utf8ToBytes(`{"type":"done"}`)),
            );
          }
        }
        inputs.push(tags);
        if (tags.some((tag) => tag === inputTag.read || tag === inputTag.command)) {
          const id = ++commit;
          out.frame(outputTag.bytes, (w) => w.u64(1).raw(utf8ToBytes(`bytes ${id}`)));
          out.frame(outputTag.commit, (w) =>
            w
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
      // a disk takes its time
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

describe("the rule of the commit", () => {
  test("stored, then sent, then acknowledged", async () => {
    const { log, clock, begin } = setUp();
    read(await begin());
    await clock.advance(100);
    expect(log).toEqual(["stored 1", "sent bytes 1", "acknowledge 1"]);
  });

  test("nothing leaves while the store is at work, and nothing at all when it fails", async () => {
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

  test("with a second place: stored, acknowledged, and sent once that has it too", async () => {
    const { log, clock, begin } = setUp({
      store: (store) => ({
        ...store,
        released: (number) =>
          new Promise((resolve) => {
            clock.after(300, () => {
              log.push(`there too ${number}`);
              resolve();
            });
          }),
      }),
    });
    const loop = await begin();
    read(loop);
    await clock.advance(20);
    read(loop);
    let isSettled = false;
    void loop.released().then(() => (isSettled = true));
    await clock.advance(200);
    expect(isSettled).toBe(false);
    await clock.advance(200);
    expect(isSettled).toBe(true);
    expect(log).toEqual([
      "stored 1",
      "acknowledge 1",
      "stored 2",
      "acknowledge 2",
      "there too 1",
      "sent bytes 1",
      "there too 2",
      "sent bytes 2",
    ]);
  });

  test("with a second place that refuses, nothing leaves and the session ends", async () => {
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

  test("what comes while the store is at work shares an exchange", async () => {
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

  test("several exchanges share a write, in order", async () => {
    const { log, clock, writes, begin } = setUp({ maxUnstored: 4 });
    const loop = await begin();
    for (let count = 0; count < 30; count++) {
      read(loop);
      await clock.advance(1);
    }
    await clock.advance(100);
    // 30 ms of input at 10 ms a write: a handful of writes, and the last manager in each
    expect(writes.length).toBeLessThanOrEqual(5);
    expect(loop.counters.commits).toBeGreaterThan(writes.length);
    const order = log
      .filter((line) => line.startsWith("sent"))
      .map((line) => Number(line.slice(11)));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(loop.counters.commits);
    for (const [at, line] of log.entries()) {
      // whatever is acknowledged was stored and sent before
      if (!line.startsWith("acknowledge")) continue;
      expect(log.slice(0, at)).toContain(`sent bytes ${line.slice(12)}`);
    }
  });

  test("the host's rows and events are in the write of the command that they belong to", async () => {
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

  test("a trap ends the session: what waited is lost, nothing of it was sent", async () => {
    const { log, clock, begin, failures } = setUp();
    const loop = await begin();
    read(loop, 666);
    const asked = loop.query({ type: "listPeers" }).catch((error: unknown) => error);
    await clock.advance(100);
    expect(await asked).toBeInstanceOf(SessionEnded);
    expect(log).toEqual([]);
    expect(failures).toHaveLength(1);
    expect(loop.isStopped).toBe(true);
    expect(failures[0]).not.toBeInstanceOf(CoreCrashed);
  });

  test("an end in the middle of a write lets the write end, and nothing leaves after it", async () => {
    const { log, clock, begin } = setUp();
    const loop = await begin();
    read(loop);
    await clock.advance(5);
    loop.stop();
    const quiet = loop.lastWrite();
    await clock.advance(100);
    await quiet;
    expect(log).toEqual(["stored 1"]);
  });
});
