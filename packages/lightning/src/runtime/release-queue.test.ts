import { describe, expect, test } from "vitest";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import type { CoreOutput } from "../core/output.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import { memoryStore } from "../store/memory-store.ts";
import { ReleaseQueue } from "./release-queue.ts";
import { UnitOfWork } from "./unit-of-work.ts";

/** A transaction with one input and no outputs. */
function transaction(sequence: number, lockTime: number): Uint8Array {
  const writer = new ByteWriter().u32(2).u8(1).raw(new Uint8Array(36)).u8(0).u32(sequence).u8(0);
  return writer.u32(lockTime).take();
}
const ordinary = transaction(0xffff_fffd, 800_000);
const commitment = transaction(0x8012_3456, 0x2065_4321);
const bytes = { kind: "bytes", connection: 1, bytes: new Uint8Array() } as const;

/** A release queue over a store whose second copy answers when the test says so. */
function setUp(mayBroadcastCommitment?: () => boolean) {
  const log: string[] = [];
  const requests: { commit: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let copied = 0;
  const clock = new SimulatedClock(0);
  const releases = new ReleaseQueue({
    store: {
      ...memoryStore(),
      ...(mayBroadcastCommitment === undefined ? {} : { mayBroadcastCommitment }),
      released: (commit) =>
        commit <= copied
          ? undefined
          : new Promise((resolve, reject) => {
              log.push(`requested ${commit}`);
              requests.push({ commit, resolve, reject });
            }),
    },
    clock,
    release: ({ commit }, transactions) =>
      log.push(`released ${commit}${transactions.length > 0 ? " with transactions" : ""}`),
    releaseTransactions: (sends) =>
      log.push(
        `transactions ${sends.flatMap(({ transactions }) => transactions.map((tx) => tx.length)).join()}`,
      ),
    onFailure: (error) => log.push(`failed: ${String(error)}`),
    onProgress: () => {},
  });
  const add = (
    commit: number,
    sends: CoreOutput["sends"] = [{ kind: "bytes", connection: 1, bytes: new Uint8Array() }],
    isNew = true,
  ): void => {
    const output: CoreOutput = {
      commit: undefined,
      events: [],
      results: [],
      sends,
      watches: [],
      logs: [],
      snapshots: [],
      lookups: [],
      rejected: [],
      again: false,
    };
    const exchanges = [{ output, unit: new UnitOfWork() }];
    releases.add({ exchanges, commit, isNew, lastSequence: undefined });
  };
  return {
    log,
    clock,
    releases,
    add,
    /** The second copy has completed the n-th request. */
    complete: async (nth: number) => {
      copied = requests[nth]?.commit ?? 0;
      requests[nth]?.resolve();
      await clock.settle();
    },
    fail: async (nth: number, error: Error) => {
      requests[nth]?.reject(error);
      await clock.settle();
    },
  };
}

describe("the release queue", () => {
  test("requests several commits together once the core is quiet, and releases them in order", async () => {
    const { log, releases, add, complete } = setUp();
    add(1);
    releases.request(false);
    add(2);
    releases.request(true);
    add(3);
    releases.request(true);
    expect(log).toEqual(["requested 2", "requested 3"]);
    await complete(1);
    expect(log).toHaveLength(2);
    await complete(0);
    expect(log.slice(2)).toEqual(["released 1", "released 2", "released 3"]);
    expect(releases.isEmpty).toBe(true);
  });

  test("requests a commit after 50 ms even while the core is not quiet", async () => {
    const { log, clock, releases, add } = setUp();
    add(1);
    await clock.advance(49);
    releases.request(false);
    expect(log).toEqual([]);
    await clock.advance(1);
    releases.request(false);
    expect(log).toEqual(["requested 1"]);
  });

  test("releases at once what the second copy has already, but never out of order", async () => {
    const { log, releases, add, complete } = setUp();
    add(1);
    releases.request(true);
    await complete(0);
    add(1, undefined, false);
    expect(log.slice(1)).toEqual(["released 1", "released 1"]);
    add(2);
    add(2, undefined, false);
    releases.request(true);
    expect(log.slice(3)).toEqual(["requested 2"]);
    await complete(1);
    expect(log.slice(4)).toEqual(["released 2", "released 2"]);
  });

  test("drops a group that nothing depends on", () => {
    const { log, releases, add } = setUp();
    add(1, []);
    releases.request(true);
    expect(log).toEqual([]);
    expect(releases.isEmpty).toBe(true);
  });

  test("releases nothing when another writer has taken over", async () => {
    const { log, releases, add, fail } = setUp();
    add(1);
    releases.request(true);
    add(2);
    await fail(0, new WriterFenced("another device"));
    expect(log).toEqual(["requested 1", "failed: WriterFenced: another device"]);
  });

  test("broadcasts transactions after a minute without the second copy, once", async () => {
    const { log, clock, releases, add, complete } = setUp();
    add(1, [{ kind: "transactions", transactions: [ordinary] }, bytes]);
    releases.request(true);
    await clock.advance(59_000);
    expect(log).toEqual(["requested 1"]);
    await clock.advance(1_000);
    expect(log.at(-1)).toBe(`transactions ${String(ordinary.length)}`);
    await complete(0);
    expect(log.at(-1)).toBe("released 1");
  });

  test("forgets a group whose transactions were all it had, and releases the next one", async () => {
    const { log, clock, releases, add, complete } = setUp();
    add(1, [{ kind: "transactions", transactions: [ordinary] }]);
    releases.request(true);
    add(2);
    releases.request(true);
    await clock.advance(60_000);
    expect(log.at(-1)).toBe(`transactions ${String(ordinary.length)}`);
    await complete(0);
    await complete(1);
    expect(log.at(-1)).toBe("released 2");
    expect(releases.isEmpty).toBe(true);
  });

  test("holds a commitment transaction back while another writer may have a newer state", async () => {
    let may = false;
    const { log, clock, releases, add } = setUp(() => may);
    add(1, [
      { kind: "transactions", transactions: [commitment, ordinary] },
      { kind: "transactions", transactions: [ordinary, ordinary, ordinary] },
    ]);
    releases.request(true);
    await clock.advance(10 * 60_000);
    const size = String(ordinary.length);
    expect(log).toEqual(["requested 1", `transactions ${size},${size},${size}`]);
    may = true;
    await clock.advance(60_000);
    expect(log.at(-1)).toBe(`transactions ${String(commitment.length)},${size}`);
    expect(releases.isEmpty).toBe(true);
  });
});
