import { describe, expect, test } from "vitest";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { utf8ToText } from "../encoding/bytes.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, StoreWrite } from "../ports/commit-store.ts";

/** Storage that can be opened repeatedly. */
export type StoreLocation = {
  /** A new store over the same state, as another process would open it. */
  readonly reopen: () => CommitStore;
  readonly remove: () => Promise<void>;
};

/** Tests a CommitStore implementation. Call it in a test file with a function that creates empty storage. */
export function describeCommitStore(name: string, create: () => Promise<StoreLocation>): void {
  const withStore = async (body: (location: StoreLocation) => Promise<void>): Promise<void> => {
    const location = await create();
    try {
      await body(location);
    } finally {
      await location.remove();
    }
  };
  const write = (number: number, parts: Partial<StoreWrite>): StoreWrite => ({
    number,
    rows: [],
    events: [],
    ...parts,
  });
  const put = (table: string, key: string, value: string) => ({
    table,
    key,
    value: utf8ToBytes(value),
  });
  const remove = (table: string, key: string) => ({ table, key, value: undefined });
  const event = (sequence: number, value: string) => ({ sequence, value: utf8ToBytes(value) });

  describe(`the ${name} store`, () => {
    test("is empty at first", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        expect(await store.open()).toEqual({ commitNumber: 0, lastSequence: 0 });
        expect(await store.read("a", "b")).toBeUndefined();
        expect(await store.list("a")).toEqual([]);
        expect(await store.events(0, 10)).toEqual([]);
        await store.close();
      }));

    test("returns what was committed, also after reopening", () =>
      withStore(async ({ reopen }) => {
        const first = reopen();
        await first.open();
        const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        await first.commit(
          write(1, {
            rows: [{ table: "t", key: "every byte", value: every }, put("t", "empty", "")],
            events: [event(1, "one"), event(2, "two")],
          }),
        );
        await first.close();
        const second = reopen();
        expect(await second.open()).toEqual({ commitNumber: 1, lastSequence: 2 });
        expect(await second.read("t", "every byte")).toEqual(every);
        expect(await second.read("t", "empty")).toEqual(new Uint8Array());
        expect((await second.events(0, 10)).map((e) => [e.sequence, utf8ToText(e.value)])).toEqual([
          [1, "one"],
          [2, "two"],
        ]);
        await second.close();
      }));

    test("replaces and deletes rows, and keeps tables separate", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        await store.commit(
          write(1, { rows: [put("a", "k", "1"), put("b", "k", "2"), put("a", "x", "3")] }),
        );
        await store.commit(
          write(2, { rows: [put("a", "k", "new"), remove("a", "x"), remove("a", "never")] }),
        );
        expect(utf8ToText((await store.read("a", "k")) ?? new Uint8Array())).toBe("new");
        expect(utf8ToText((await store.read("b", "k")) ?? new Uint8Array())).toBe("2");
        expect(await store.read("a", "x")).toBeUndefined();
        await store.close();
      }));

    test("copies the values it is given", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        const value = utf8ToBytes("before");
        await store.commit(write(1, { rows: [{ table: "t", key: "k", value }] }));
        value.fill(0);
        expect(utf8ToText((await store.read("t", "k")) ?? new Uint8Array())).toBe("before");
        await store.close();
      }));

    test("lists rows in order: by prefix, after a key, in both directions, up to a limit", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        const keys = ["a/1", "a/2", "a/3", "a0", "B", "b/1", "a", "a/2/x", "_", "~"];
        await store.commit(write(1, { rows: keys.map((key) => put("t", key, key)) }));
        const list = async (range?: Parameters<CommitStore["list"]>[1]) =>
          (await store.list("t", range)).map((row) => row.key);
        const sorted = keys.toSorted();
        expect(await list()).toEqual(sorted);
        expect(await list({ descending: true })).toEqual(sorted.toReversed());
        expect(await list({ prefix: "a/" })).toEqual(["a/1", "a/2", "a/2/x", "a/3"]);
        expect(await list({ prefix: "a/", after: "a/2" })).toEqual(["a/2/x", "a/3"]);
        expect(await list({ prefix: "a/", after: "a/3", descending: true, limit: 2 })).toEqual([
          "a/2/x",
          "a/2",
        ]);
        expect(await list({ after: "a/3", limit: 2 })).toEqual(["a0", "b/1"]);
        expect(await list({ limit: 3 })).toEqual(sorted.slice(0, 3));
        expect(await list({ prefix: "none" })).toEqual([]);
        await store.close();
      }));

    test("reads events after a sequence and deletes those no longer needed", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        await store.commit(write(1, { events: [1, 2, 3, 4].map((n) => event(n, `${n}`)) }));
        expect((await store.events(1, 2)).map((e) => e.sequence)).toEqual([2, 3]);
        await store.commit(write(2, { events: [event(5, "5")], forgetEventsThrough: 3 }));
        expect((await store.events(0, 10)).map((e) => e.sequence)).toEqual([4, 5]);
        await store.commit(write(3, { forgetEventsThrough: 5 }));
        await store.close();
        const again = reopen();
        expect(await again.open()).toEqual({ commitNumber: 3, lastSequence: 5 });
        await again.commit(write(4, { events: [event(6, "6")] }));
        expect((await again.events(0, 10)).map((e) => e.sequence)).toEqual([6]);
        await again.close();
      }));

    test("rejects the previous writer's commit as a whole", () =>
      withStore(async ({ reopen }) => {
        const old = reopen();
        await old.open();
        await old.commit(write(1, { rows: [put("t", "k", "old")] }));
        const next = reopen();
        expect(await next.open()).toEqual({ commitNumber: 1, lastSequence: 0 });
        const late = old.commit(
          write(2, { rows: [put("t", "k", "late")], events: [event(1, "late")] }),
        );
        await expect(late).rejects.toBeInstanceOf(WriterFenced);
        await next.commit(write(2, { rows: [put("t", "k", "next")] }));
        await expect(old.commit(write(3, {}))).rejects.toBeInstanceOf(WriterFenced);
        expect(utf8ToText((await next.read("t", "k")) ?? new Uint8Array())).toBe("next");
        expect(await next.events(0, 10)).toEqual([]);
        await old.close();
        await next.close();
      }));

    test("rejects a commit out of order as a whole", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        await store.commit(write(1, { rows: [put("t", "k", "1")] }));
        for (const number of [0, 1, 3]) {
          await expect(
            store.commit(write(number, { rows: [put("t", "k", "wrong")] })),
          ).rejects.toBeInstanceOf(Error);
        }
        await expect(
          store.commit(write(2, { rows: [put("t", "k", "wrong")], events: [event(7, "hole")] })),
        ).rejects.toBeInstanceOf(Error);
        expect(utf8ToText((await store.read("t", "k")) ?? new Uint8Array())).toBe("1");
        await store.commit(write(2, { rows: [put("t", "k", "2")] }));
        await store.close();
      }));

    test("accepts values of a megabyte and many rows at once", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        const large = new Uint8Array(1_000_000).map((_, at) => at % 251);
        const rows = Array.from({ length: 500 }, (_, n) =>
          put("many", String(n).padStart(4, "0"), `${n}`),
        );
        await store.commit(
          write(1, { rows: [...rows, { table: "large", key: "k", value: large }] }),
        );
        expect(await store.list("many")).toHaveLength(500);
        expect(await store.read("large", "k")).toEqual(large);
        await store.close();
      }));

    test("rejects commits after close", () =>
      withStore(async ({ reopen }) => {
        const store = reopen();
        await store.open();
        await store.close();
        await expect(store.commit(write(1, {}))).rejects.toBeInstanceOf(Error);
      }));
  });
}
