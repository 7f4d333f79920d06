import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "@noble/hashes/utils.js";
import { ByteReader } from "../encoding/byte-buffer.ts";
import type { CoreCommit } from "../core/output.ts";
import { splitByContent } from "./chunks.ts";
import { CoreState } from "./core-state.ts";
import { MemoryMedium, memoryStore } from "./memory-store.ts";

function noise(seed: number, length: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
}

const nothing: CoreCommit = {
  id: 1,
  manager: new Uint8Array(),
  images: [],
  updates: [],
  archived: [],
  values: [],
};

async function stateOf(commits: readonly Partial<CoreCommit>[], reload: (at: number) => boolean) {
  const medium = new MemoryMedium();
  let store = memoryStore(medium);
  await store.open();
  let state = new CoreState();
  let written = 0;
  for (const [at, commit] of commits.entries()) {
    if (reload(at)) {
      store = memoryStore(medium);
      await store.open();
      state = new CoreState();
      await state.load(store);
    }
    const rows = state.changes({ ...nothing, ...commit });
    const last = new Map(rows.map((row) => [`${row.table} ${row.key}`, row]));
    written = rows.reduce((sum, row) => sum + (row.value?.length ?? 0), 0);
    await store.commit({ number: at + 1, rows: [...last.values()], events: [] });
  }
  return { bytes: await new CoreState().load(store), written, medium };
}

function readState(bytes: Uint8Array) {
  const reader = new ByteReader(bytes);
  const manager = reader.bytes().slice();
  const monitors = Array.from({ length: reader.u32() }, () => ({
    image: reader.bytes()[0],
    updates: Array.from({ length: reader.u32() }, () => reader.bytes()[0]),
  }));
  const values = Array.from({ length: reader.u32() }, () => [reader.text(), reader.bytes()[0]]);
  return {
    manager,
    monitors,
    values,
    graph: reader.bytes().length,
    scorer: reader.bytes().length,
    done: reader.done,
  };
}

test("loads an empty state for a new node", async () => {
  expect((await stateOf([], () => false)).bytes).toHaveLength(0);
});

test("loads monitors with the updates after their image, in order of update id", async () => {
  const part = (name: string, id: number, byte: number) => ({
    name,
    updateId: BigInt(id),
    bytes: Uint8Array.of(byte),
  });
  const commits: Partial<CoreCommit>[] = [
    {
      manager: noise(1, 100),
      images: [part("m", 0, 50)],
      values: [{ key: "a", value: Uint8Array.of(1) }],
    },
    { manager: noise(2, 100), updates: [part("m", 1, 1), part("m", 2, 2)] },
    { updates: [part("m", 10, 10), part("m", 9, 9)], images: [part("n", 3, 60)] },
    {
      images: [part("m", 9, 59)],
      values: [
        { key: "a", value: undefined },
        { key: "b", value: Uint8Array.of(2) },
      ],
    },
    { updates: [part("n", 4, 4)] },
  ];
  for (const reload of [() => false, () => true]) {
    const { bytes, medium } = await stateOf(commits, reload);
    expect(readState(bytes)).toEqual({
      manager: noise(2, 100),
      monitors: [
        { image: 59, updates: [10] },
        { image: 60, updates: [4] },
      ],
      values: [["b", 2]],
      graph: 0,
      scorer: 0,
      done: true,
    });
    expect(medium.tables.get("core-monitor-update")?.size).toBe(2);
  }
});

test("deletes every row of an archived monitor", async () => {
  const part = { name: "m", updateId: 1n, bytes: Uint8Array.of(1) };
  const { medium } = await stateOf(
    [
      { manager: noise(1, 10), images: [{ ...part, updateId: 0n }] },
      { updates: [part] },
      { archived: ["m"] },
    ],
    () => false,
  );
  expect(medium.tables.get("core-monitor")?.size).toBe(0);
  expect(medium.tables.get("core-monitor-update")?.size).toBe(0);
});

test("writes only the changed chunks of a large manager", async () => {
  const before = noise(7, 600_000);
  const after = concatBytes(before.subarray(0, 200_000), noise(8, 77), before.subarray(200_050));
  const { bytes, written } = await stateOf([{ manager: before }, { manager: after }], () => false);
  expect(readState(bytes).manager).toEqual(after);
  expect(written).toBeLessThan(140_000);
});

test("loads the last manager written, whatever its contents, across reloads", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 90_000 }), fc.boolean()),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      async (steps) => {
        const managers = steps.map(([seed, length]) => noise(seed, length));
        const { bytes, medium } = await stateOf(
          managers.map((manager) => ({ manager })),
          (at) => steps[at]?.[2] === true,
        );
        expect(readState(bytes).manager).toEqual(managers.at(-1));
        expect(medium.tables.get("core-manager")?.size).toBe(
          1 + splitByContent(managers.at(-1) ?? new Uint8Array()).length,
        );
      },
    ),
    { numRuns: 40 },
  );
});

describe("the network graph", () => {
  const manager = { manager: noise(1, 100) };
  const row = (key: string, byte: number) => ({ key, value: Uint8Array.of(byte) });
  const snapshotAt = (time: number, length = 60) => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(36, time);
    return bytes;
  };
  const graphKeys = (bytes: Uint8Array) => {
    const reader = new ByteReader(bytes);
    reader.bytes();
    for (const lists of [reader.u32(), reader.u32()]) expect(lists).toBe(0);
    const whole = reader.bytes().length;
    reader.bytes();
    const keys = reader.done
      ? []
      : Array.from({ length: reader.u32() }, () => {
          const key = reader.text();
          reader.bytes();
          return key;
        });
    expect(reader.done).toBe(true);
    return { whole, keys };
  };

  async function open() {
    const store = memoryStore(new MemoryMedium());
    await store.open();
    let number = 0;
    const write = (rows: ReturnType<CoreState["changes"]>) =>
      store.commit({ number: ++number, rows, events: [] });
    await write(new CoreState().changes({ ...nothing, ...manager }));
    return { store, write };
  }

  test("from peers is kept row by row, and replaces one that was stored whole", async () => {
    const { store, write } = await open();
    await write([{ table: "core-snapshot", key: "graph", value: noise(2, 50) }]);
    const state = new CoreState();
    expect(graphKeys(await state.load(store))).toEqual({ whole: 50, keys: [] });
    await write(state.graphChanges([]));
    expect(graphKeys(await new CoreState().load(store)).whole).toBe(50);
    // a dump that is not complete
    const many = Array.from({ length: 4_096 }, (_, index) => row(`c/${index}`, 1));
    await write(state.graphChanges(many));
    expect(graphKeys(await new CoreState().load(store)).whole).toBe(50);
    await write(state.graphChanges([row("c/a", 1), { key: "c/0", value: undefined }]));
    const loaded = graphKeys(await new CoreState().load(store));
    expect(loaded.whole).toBe(0);
    expect(loaded.keys).toHaveLength(4_096);
  });

  test("from snapshots is what was applied since the last full one", async () => {
    const { store, write } = await open();
    await write(new CoreState().graphChanges([row("c/1", 1), row("n/1", 1)]));
    const state = new CoreState();
    const gossip = { gossip: "snapshots" } as const;
    // until the first snapshot, the graph from peers
    expect(graphKeys(await state.load(store, gossip)).keys).toEqual(["c/1", "n/1"]);
    expect(state.storedSnapshots).toEqual({ count: 0, fullBytes: 0, deltaBytes: 0, time: 0 });
    await write(state.snapshotChanges(snapshotAt(1_000, 90), "full"));
    await write(state.snapshotChanges(snapshotAt(2_000), "delta"));
    const second = new CoreState();
    const keys = ["s/000000000001", "s/000000000002"];
    expect(graphKeys(await second.load(store, gossip)).keys).toEqual(keys);
    expect(second.storedSnapshots).toEqual({
      count: 2,
      fullBytes: 90,
      deltaBytes: 60,
      time: 2_000,
    });
    await write(second.snapshotChanges(snapshotAt(3_000), "full"));
    expect((await store.list("core-graph")).map(({ key }) => key)).toEqual(["s/000000000003"]);
    expect(second.storedSnapshots).toMatchObject({ count: 1, time: 3_000 });
  });
});
