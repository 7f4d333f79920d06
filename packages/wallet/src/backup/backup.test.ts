import { describe, expect, test } from "vitest";
import {
  MemoryMedium,
  WriterFenced,
  memoryStore,
  silentLogger,
  systemClock,
} from "@satsconnect/lightning";
import type { CommitStore, RowChange, StoreWrite } from "@satsconnect/lightning";
import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { Random, SimulatedClock } from "@satsconnect/lightning/simulation";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { backedUpStore } from "./backed-up-store.ts";
import type { BackedUpStore, BackupOptions } from "./backed-up-store.ts";
import { BackupUnreachable } from "./backup-errors.ts";
import { backupKeys } from "./backup-keys.ts";
import { MemoryVss, connectTo } from "./testing/memory-vss.ts";
import type { Delivery } from "./testing/memory-vss.ts";

const seed = new Uint8Array(64).fill(7);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const fromUtf8 = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

/** Maps the conformance suite's tables into one of the node's, because the backup refuses unknown tables. */
function withAnyTable(store: CommitStore): CommitStore {
  const table = "core-value";
  const into = (name: string, key: string): string => `${name}:${key}`;
  return {
    ...store,
    kind: store.kind,
    open: () => store.open(),
    commit: (write) =>
      store.commit({
        ...write,
        rows: write.rows.map((row) => ({ ...row, table, key: into(row.table, row.key) })),
      }),
    read: (name, key) => store.read(table, into(name, key)),
    list: async (name, range = {}) =>
      (
        await store.list(table, {
          ...range,
          prefix: into(name, range.prefix ?? ""),
          ...(range.after === undefined ? {} : { after: into(name, range.after) }),
        })
      ).map((row) => ({ ...row, key: row.key.slice(name.length + 1) })),
    events: (after, limit) => store.events(after, limit),
    close: () => store.close(),
  };
}

describeCommitStore("backed-up memory", async () => {
  const medium = new MemoryMedium();
  const vss = new MemoryVss();
  const keyValueStore = memoryKeyValueStore();
  return {
    reopen: () =>
      withAnyTable(
        backedUpStore({
          local: memoryStore(medium),
          keyValueStore,
          vss: connectTo(vss, {
            clock: systemClock,
            latencyMs: () => 0,
            delivery: () => "arrives",
          }),
          keys: backupKeys(seed, new Random("keys")),
          clock: systemClock,
          entropy: new Random(Math.random()),
          logger: silentLogger,
          checkEveryMs: 3_600_000,
        }),
      ),
    remove: async () => {},
  };
});

/** Several devices of one wallet, one VSS and a simulated clock. */
function world(options: { seedText?: string; latencyMs?: number } = {}) {
  const clock = new SimulatedClock(1_700_000_000_000);
  const random = new Random(options.seedText ?? "world");
  const vss = new MemoryVss();
  let delivery: () => Delivery = () => "arrives";
  const device = (
    parts: Partial<BackupOptions> & { medium?: MemoryMedium; keyValueStore?: KeyValueStore } = {},
  ) => {
    const medium = parts.medium ?? new MemoryMedium();
    const keyValueStore = parts.keyValueStore ?? memoryKeyValueStore();
    const store = backedUpStore({
      local: memoryStore(medium),
      vss: connectTo(vss, {
        clock,
        latencyMs: () => options.latencyMs ?? 20,
        delivery: () => delivery(),
      }),
      keys: backupKeys(seed, random),
      clock,
      entropy: random,
      logger: silentLogger,
      ...parts,
      keyValueStore,
    });
    return { store, medium, keyValueStore };
  };
  return {
    clock,
    vss,
    random,
    device,
    setDelivery: (next: () => Delivery) => {
      delivery = next;
    },
    during: <Value>(work: Promise<Value>) => clock.during(work),
    commit: (store: BackedUpStore, number: number, parts: Partial<StoreWrite> = {}) =>
      clock.during(store.commit({ number, rows: [], events: [], ...parts })),
    /** Waits until the backup has the commit. */
    released: async (store: BackedUpStore, number: number) =>
      clock.during(Promise.resolve(store.released(number))),
  };
}

const put = (key: string, value: string, table = "core-value"): RowChange => ({
  table,
  key,
  value: utf8(value),
});
const remove = (key: string, table = "core-value"): RowChange => ({ table, key, value: undefined });

describe("a commit", () => {
  test("waits for the backup only if its output waits, and shares a write with other commits", async () => {
    const { clock, vss, device, during, commit } = world();
    const { store } = device();
    await during(store.open());
    await commit(store, 1, { rows: [put("a", "1")] });
    await commit(store, 2, { rows: [put("b", "2")] });
    await commit(store, 3, { rows: [put("a", "3")] });
    expect(vss.writes).toBe(0);
    const released = store.released(3);
    expect(released).toBeInstanceOf(Promise);
    await during(released ?? Promise.resolve());
    expect(vss.writes).toBe(1);
    expect(store.released(3)).toBeUndefined();
    expect(store.released(1)).toBeUndefined();
    await commit(store, 4, { rows: [put("c", "4")] });
    await clock.advance(1_000);
    expect(vss.writes).toBe(2);
    expect(store.released(4)).toBeUndefined();
    await during(store.close());
  });

  test("is released even if none of its rows belong in the backup", async () => {
    const { vss, device, during, commit, released } = world();
    const { store } = device();
    await during(store.open());
    await commit(store, 1, {
      rows: [put("graph", "large", "core-snapshot"), put("best-header", "h", "chain")],
    });
    await released(store, 1);
    expect(store.released(1)).toBeUndefined();
    expect(vss.bytesWritten).toBeLessThan(300);
    await during(store.close());
  });

  test("is refused for a table that is listed neither as backed up nor as local", async () => {
    const { device, during } = world();
    const { store } = device();
    await during(store.open());
    await expect(
      store.commit({ number: 1, rows: [put("k", "v", "new-table")], events: [] }),
    ).rejects.toThrow("new-table");
  });
});

describe("the data at the operator", () => {
  test("has random names and encrypted values that open only with their seed and label", async () => {
    const { vss, device, during, commit, released, random } = world();
    const { store } = device();
    await during(store.open());
    await commit(store, 1, { rows: [put("secret key", "secret value")] });
    await during(store.keyValueStore.put("contact/1", "Wanjiku"));
    await released(store, 1);
    for (const [name, { value }] of vss.objects) {
      expect(name).toMatch(/^[0-9a-f]{32}$/);
      expect(fromUtf8(value)).not.toMatch(/secret|Wanjiku|contact/);
    }
    const keys = backupKeys(seed, random);
    const others = backupKeys(new Uint8Array(64).fill(8), random);
    const encrypted = keys.encrypt("head", utf8("value"));
    expect(fromUtf8(keys.decrypt("head", encrypted))).toBe("value");
    expect(() => others.decrypt("head", encrypted)).toThrow("cannot be decrypted");
    expect(() => keys.decrypt("segment/1", encrypted)).toThrow("cannot be decrypted");
    expect(() => keys.decrypt("head", encrypted.subarray(0, 20))).toThrow("cannot be decrypted");
    expect(others.storeId).not.toBe(keys.storeId);
    expect(others.nameOf("head")).not.toBe(keys.nameOf("head"));
    await during(store.close());
  });
});

describe("restoring on an empty device", () => {
  test("brings back rows, numbers and key-value entries, without the deleted ones", async () => {
    const { vss, device, during, commit, released } = world();
    const first = device();
    await during(first.store.open());
    await during(first.store.keyValueStore.put("order/1", "an order"));
    await during(first.store.keyValueStore.put("session", "a secret of the device"));
    await commit(first.store, 1, {
      rows: [put("a", "1"), put("b", "2")],
      events: [{ sequence: 1, value: utf8("e") }],
    });
    await released(first.store, 1);
    await commit(first.store, 2, {
      rows: [put("a", "one"), remove("b"), put("p", "v", "payment")],
    });
    await during(first.store.keyValueStore.put("order/2", "another"));
    await during(first.store.keyValueStore.delete("order/1"));
    await released(first.store, 2);
    await during(first.store.close());

    const second = device();
    expect(await during(second.store.open())).toEqual({ commitNumber: 2, lastSequence: 1 });
    expect(second.store.wasRestored()).toBe(true);
    expect(first.store.restoredFrom?.()).toBeUndefined();
    const restore = second.store.restoredFrom?.();
    expect(restore).toMatch(/^2:/u);
    expect(fromUtf8(await second.store.read("core-value", "a"))).toBe("one");
    expect(await second.store.read("core-value", "b")).toBeUndefined();
    expect(fromUtf8(await second.store.read("payment", "p"))).toBe("v");
    expect(await second.store.keyValueStore.list("")).toEqual([
      { key: "order/2", value: "another" },
    ]);
    // continues with the wallet's own numbers
    await commit(second.store, 3, {
      rows: [put("c", "3")],
      events: [{ sequence: 2, value: utf8("f") }],
    });
    await released(second.store, 3);
    expect((await second.store.events(0, 10)).map(({ sequence }) => sequence)).toEqual([2]);
    await during(second.store.close());
    const again = device({ medium: second.medium, keyValueStore: second.keyValueStore });
    expect(await during(again.store.open())).toEqual({ commitNumber: 3, lastSequence: 2 });
    expect(again.store.wasRestored()).toBe(false);
    // the node applies one restore once, in whichever run of the app
    expect(again.store.restoredFrom?.()).toBe(restore);
    await commit(again.store, 4, { rows: [put("d", "4")] });
    await released(again.store, 4);
    const third = device();
    expect(await during(third.store.open())).toEqual({ commitNumber: 4, lastSequence: 2 });
    expect(third.store.restoredFrom?.()).toMatch(/^3:/u);
    expect((await third.store.list("core-value")).map(({ key }) => key)).toEqual(["a", "c", "d"]);
    expect(vss.byteCount).toBeLessThan(3_000);
  });

  test("refuses to start empty while the server cannot say whether there is a backup", async () => {
    const { device, during, setDelivery } = world();
    setDelivery(() => "lost");
    await expect(during(device().store.open())).rejects.toBeInstanceOf(BackupUnreachable);
    // except for a seed that was generated on this device
    expect(await during(device({ isNewSeed: true }).store.open())).toEqual({
      commitNumber: 0,
      lastSequence: 0,
    });
  });

  test("stops before any output leaves if a seed given as new has a backup", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    setDelivery(() => "lost");
    const second = device({ isNewSeed: true });
    await during(second.store.open());
    await commit(second.store, 1, { rows: [put("a", "other")] });
    const waiting = second.store.released(1);
    waiting?.catch(() => {});
    setDelivery(() => "arrives");
    await clock.advance(60_000);
    await expect(waiting).rejects.toBeInstanceOf(WriterFenced);
    expect(second.store.status().state).toBe("replaced");
  });

  test("stays small after many commits", async () => {
    const { clock, vss, device, during, commit, released } = world();
    const { store } = device();
    await during(store.open());
    const random = new Random("state");
    let state = random.bytes(8_000);
    for (let number = 1; number <= 400; number += 1) {
      state = state.slice();
      state.set(random.bytes(100), random.below(7_900));
      await commit(store, number, {
        rows: [
          { table: "core-manager", key: "00000000", value: state },
          put(
            `update/${String(number)}`,
            `update ${String(number)}`.repeat(10),
            "core-monitor-update",
          ),
          ...(number > 20 ? [remove(`update/${String(number - 20)}`, "core-monitor-update")] : []),
          put(String(number).padStart(12, "0"), `payment ${String(number)}`, "payment"),
        ],
      });
      await released(store, number);
      if (number % 40 === 0) await clock.advance(10_000);
    }
    await clock.advance(10_000);
    expect(vss.objects.size).toBeLessThan(60);
    // 400 payments of about 30 bytes, the state and some unmerged changes to it
    expect(vss.byteCount).toBeLessThan(60_000);
    expect(vss.bytesWritten / 400).toBeLessThan(2_500);
    await during(store.close());
    const second = device();
    expect(await during(second.store.open())).toMatchObject({ commitNumber: 400 });
    expect(await second.store.read("core-manager", "00000000")).toEqual(state);
    expect(await second.store.list("payment")).toHaveLength(400);
    expect(await second.store.list("core-monitor-update")).toHaveLength(20);
  });
});

describe("two devices", () => {
  test("the replaced one is fenced, notices it even when idle, and stays fenced after a restart", async () => {
    const { clock, device, during, commit, released } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    const states: string[] = [];
    first.store.subscribe(({ state }) => states.push(state));
    const second = device();
    await during(second.store.open());
    await clock.advance(60_000);
    expect(states).toEqual(["replaced"]);
    await expect(first.store.commit({ number: 2, rows: [], events: [] })).rejects.toBeInstanceOf(
      WriterFenced,
    );
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    await expect(during(back.store.open())).rejects.toBeInstanceOf(WriterFenced);
    // unless the person takes over explicitly
    await commit(second.store, 2, { rows: [put("a", "2")] });
    await released(second.store, 2);
    const taking = device({
      medium: first.medium,
      keyValueStore: first.keyValueStore,
      takeOver: true,
    });
    expect(await during(taking.store.open())).toMatchObject({ commitNumber: 2 });
    expect(fromUtf8(await taking.store.read("core-value", "a"))).toBe("2");
    await commit(second.store, 3, { rows: [put("a", "3")] });
    await expect(during(Promise.resolve(second.store.released(3)))).rejects.toBeInstanceOf(
      WriterFenced,
    );
    await commit(taking.store, 3, { rows: [put("a", "three")] });
    await released(taking.store, 3);
  });

  test("one of two that restore at the same time gets the wallet, the other is refused", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { clock, device, during, commit, released, random } = world({
        seedText: `race ${String(round)}`,
      });
      const first = device();
      await during(first.store.open());
      await commit(first.store, 1, { rows: [put("a", "1")] });
      await released(first.store, 1);
      const others = [device(), device()];
      const opened = others.map(async ({ store }) => {
        await new Promise<void>((resolve) => clock.after(random.below(100), resolve));
        await store.open();
        await store.commit({ number: 2, rows: [put("a", "2")], events: [] });
        await store.released(2);
        return "released";
      });
      const ends = await during(Promise.allSettled(opened));
      const released2 = ends.filter(({ status }) => status === "fulfilled");
      // both may have written, one after the other; the later one then continues the earlier one's state
      expect(released2.length).toBeGreaterThanOrEqual(1);
      await clock.advance(60_000);
      const writers = others.filter(({ store }) => store.status().state !== "replaced");
      expect(writers).toHaveLength(1);
    }
  });
});

describe("a backup that cannot be reached", () => {
  test("holds back the output of commits, reports it, and catches up in order", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const { store } = device();
    await during(store.open());
    await commit(store, 1, { rows: [put("a", "1")] });
    await released(store, 1);
    setDelivery(() => "lost");
    let isReleased = false;
    const states: string[] = [];
    store.subscribe(({ state }) => states.push(state));
    for (let number = 2; number <= 30; number += 1)
      await commit(store, number, { rows: [put("a", String(number)), put(String(number), "x")] });
    void store.released(30)?.then(() => (isReleased = true));
    await clock.advance(120_000);
    expect(isReleased).toBe(false);
    expect(store.status()).toMatchObject({ state: "unreachable", commitsBehind: 29 });
    setDelivery(() => "arrives");
    await clock.advance(20_000);
    expect(isReleased).toBe(true);
    expect(store.status()).toMatchObject({ state: "current", commitsBehind: 0 });
    expect(states).toEqual(["unreachable", "behind", "current"]);
    await during(store.close());
  });

  test("lets a person continue without it for a while, and catches up once it can be reached", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const { store } = device();
    await during(store.open());
    expect(store.continueWithoutBackup(clock.now() + 60_000)).toMatchObject({
      error: { code: "backup_reachable" },
    });
    await commit(store, 1, { rows: [put("a", "1")] });
    await released(store, 1);
    setDelivery(() => "lost");
    await commit(store, 2, { rows: [put("a", "2")] });
    const waiting = store.released(2);
    await clock.advance(10_000);
    expect(store.continueWithoutBackup(clock.now() + 60_000)).toMatchObject({ ok: true });
    await during(waiting ?? Promise.resolve());
    await commit(store, 3, { rows: [put("a", "3")] });
    expect(store.released(3)).toBeUndefined();
    expect(store.status()).toMatchObject({ state: "unreachable", commitsBehind: 2 });
    await clock.advance(61_000);
    await commit(store, 4, { rows: [put("a", "4")] });
    const again = store.released(4);
    expect(again).toBeInstanceOf(Promise);
    setDelivery(() => "arrives");
    await during(again ?? Promise.resolve());
    expect(store.status()).toMatchObject({ state: "current", withoutBackupUntil: null });
    await during(store.close());
    const second = device();
    await during(second.store.open());
    expect(fromUtf8(await second.store.read("core-value", "a"))).toBe("4");
  });

  test("lets no device continue or connect before the server has confirmed that it has the wallet", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    await during(first.store.close());
    setDelivery(() => "lost");
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    expect(await during(back.store.open())).toMatchObject({ commitNumber: 1 });
    expect(back.store.continueWithoutBackup(clock.now() + 1_000)).toMatchObject({
      error: { code: "backup_unverified" },
    });
    let connected = false;
    const transport = back.store.guardTransport({
      supports: () => true,
      connect: async () => {
        connected = true;
        return { ok: false, error: { code: "connect_failed", message: "", retry: "safe" } };
      },
    });
    const connecting = transport.connect("memory:L", new AbortController().signal);
    await clock.advance(60_000);
    expect(connected).toBe(false);
    setDelivery(() => "arrives");
    await during(connecting);
    expect(connected).toBe(true);
  });

  test("lets a device leave unverified after a restart, but sends no messages and connects to nobody", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    expect(first.store.mayBroadcastCommitment()).toBe(true);
    expect(await first.store.leaveWithoutBackup()).toMatchObject({
      error: { code: "backup_reachable" },
    });
    await during(first.store.close());
    setDelivery(() => "lost");
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    await during(back.store.open());
    expect(back.store.mayBroadcastCommitment()).toBe(false);
    expect(await back.store.leaveWithoutBackup()).toMatchObject({ ok: true });
    expect(back.store.mayBroadcastCommitment()).toBe(true);
    let hasLeft = false;
    await commit(back.store, 2, { rows: [put("a", "2")] });
    void back.store.released(2)?.then(() => (hasLeft = true));
    const transport = back.store.guardTransport({
      supports: () => true,
      connect: async () => {
        hasLeft = true;
        return { ok: false, error: { code: "connect_failed", message: "", retry: "safe" } };
      },
    });
    void transport.connect("memory:L", new AbortController().signal);
    await clock.advance(60 * 60_000);
    expect(hasLeft).toBe(false);
    back.store.halt();
    // the permission outlasts a restart, and ends once the server answers
    const again = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    await during(again.store.open());
    expect(again.store.mayBroadcastCommitment()).toBe(true);
    setDelivery(() => "arrives");
    await clock.advance(60_000);
    expect(again.store.status().state).toBe("current");
    await during(again.store.close());
    setDelivery(() => "lost");
    const last = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    await during(last.store.open());
    expect(last.store.mayBroadcastCommitment()).toBe(false);
  });

  test("never lets a device leave unverified that was told of a newer state elsewhere", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    const older = first.medium.clone();
    await commit(first.store, 2, { rows: [put("a", "2")] });
    await released(first.store, 2);
    // an older copy of this device's storage hears that the backup is ahead; then the server is gone
    const notes = memoryKeyValueStore();
    const behind = device({ medium: older.clone(), keyValueStore: notes });
    let answers = 2;
    setDelivery(() => (answers-- > 0 ? "arrives" : "lost"));
    await expect(during(behind.store.open())).rejects.toBeInstanceOf(BackupUnreachable);
    const behindAgain = device({ medium: older.clone(), keyValueStore: notes });
    await during(behindAgain.store.open());
    expect(await behindAgain.store.leaveWithoutBackup()).toMatchObject({
      error: { code: "backup_not_writer" },
    });
    expect(behindAgain.store.mayBroadcastCommitment()).toBe(false);
    // another device takes over, the first one hears of it; then the server is gone
    setDelivery(() => "arrives");
    await during(device().store.open());
    await during(first.store.check());
    expect(first.store.status().state).toBe("replaced");
    setDelivery(() => "lost");
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    await during(back.store.open());
    expect(await back.store.leaveWithoutBackup()).toMatchObject({
      error: { code: "backup_not_writer" },
    });
    await clock.advance(60_000);
    expect(back.store.mayBroadcastCommitment()).toBe(false);
  });

  test("catches up after a crash with the rows and entries that were on this device only", async () => {
    const { clock, device, during, commit, released, setDelivery } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1"), put("b", "1")] });
    await released(first.store, 1);
    setDelivery(() => "lost");
    await commit(first.store, 2, { rows: [put("a", "2")] });
    await commit(first.store, 3, { rows: [put("a", "3"), remove("b")] });
    await during(first.store.keyValueStore.put("order/9", "in progress"));
    first.store.halt();
    setDelivery(() => "arrives");
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    expect(await during(back.store.open())).toMatchObject({ commitNumber: 3 });
    await clock.advance(2_000);
    expect(back.store.status().commitsBehind).toBe(0);
    await during(back.store.close());
    const second = device();
    expect(await during(second.store.open())).toMatchObject({ commitNumber: 3 });
    expect(fromUtf8(await second.store.read("core-value", "a"))).toBe("3");
    expect(await second.store.read("core-value", "b")).toBeUndefined();
    expect(await second.store.keyValueStore.get("order/9")).toBe("in progress");
  });
});

describe("a wallet with local state", () => {
  test("opens within seconds without an answer from the server, and retries", async () => {
    const { clock, device, during, commit, released, setDelivery, vss } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    await during(first.store.close());
    setDelivery(() => "answerLost");
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    const startedAt = clock.now();
    expect(await during(back.store.open())).toMatchObject({ commitNumber: 1 });
    expect(clock.now() - startedAt).toBeLessThanOrEqual(4_000);
    expect(back.store.status().state).toBe("unreachable");
    setDelivery(() => "arrives");
    await clock.advance(20_000);
    expect(back.store.status().state).toBe("current");
    expect(vss.writes).toBe(1);
  });

  test("opens although the backup cannot be read, and lets no output leave", async () => {
    const { clock, device, during, commit, released, vss } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    await during(first.store.close());
    for (const [key, { version }] of vss.objects)
      vss.objects.set(key, { version, value: new Uint8Array(100) });
    await expect(during(device().store.open())).rejects.toThrow("cannot be decrypted");
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    expect(await during(back.store.open())).toMatchObject({ commitNumber: 1 });
    await commit(back.store, 2, { rows: [put("a", "2")] });
    let isReleased = false;
    void back.store.released(2)?.then(() => (isReleased = true));
    await clock.advance(60_000);
    expect(isReleased).toBe(false);
    expect(back.store.status().state).toBe("unreachable");
  });
});

describe("a device and a backup that differ", () => {
  test("restores a device that lost its last commits", async () => {
    const { device, during, commit, released } = world();
    const first = device();
    await during(first.store.open());
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    const older = first.medium.clone();
    await commit(first.store, 2, { rows: [put("a", "2")] });
    await released(first.store, 2);
    first.store.halt();
    const back = device({ medium: older, keyValueStore: first.keyValueStore });
    expect(await during(back.store.open())).toMatchObject({ commitNumber: 2 });
    expect(fromUtf8(await back.store.read("core-value", "a"))).toBe("2");
  });

  test("uploads everything again to a backup that lost commits", async () => {
    const { clock, vss, device, during, commit, released } = world();
    const first = device();
    await during(first.store.open());
    await during(first.store.keyValueStore.put("order/1", "one"));
    await commit(first.store, 1, { rows: [put("a", "1")] });
    await released(first.store, 1);
    const goBack = vss.snapshot();
    for (let number = 2; number <= 5; number += 1) {
      await commit(first.store, number, {
        rows: [put("a", String(number)), put(String(number), "x")],
      });
      await released(first.store, number);
    }
    await during(first.store.close());
    goBack();
    const back = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    expect(await during(back.store.open())).toMatchObject({ commitNumber: 5 });
    await clock.advance(2_000);
    await during(back.store.close());
    const second = device();
    expect(await during(second.store.open())).toMatchObject({ commitNumber: 5 });
    expect((await second.store.list("core-value")).map(({ key }) => key)).toEqual([
      "2",
      "3",
      "4",
      "5",
      "a",
    ]);
    expect(fromUtf8(await second.store.read("core-value", "a"))).toBe("5");
    expect(await second.store.keyValueStore.get("order/1")).toBe("one");
  });

  test("uploads everything from a wallet that had no backup yet", async () => {
    const { clock, device, during } = world();
    const medium = new MemoryMedium();
    const plain = memoryStore(medium);
    await plain.open();
    await plain.commit({
      number: 1,
      rows: [put("a", "1"), put("g", "graph", "core-snapshot")],
      events: [],
    });
    await plain.commit({ number: 2, rows: [put("p", "2", "payment")], events: [] });
    await plain.close();
    const first = device({ medium });
    expect(await during(first.store.open())).toMatchObject({ commitNumber: 2 });
    await clock.advance(2_000);
    await during(first.store.close());
    const second = device();
    expect(await during(second.store.open())).toMatchObject({ commitNumber: 2 });
    expect(fromUtf8(await second.store.read("payment", "p"))).toBe("2");
    expect(await second.store.read("core-snapshot", "g")).toBeUndefined();
  });
});
