import { describe, expect, test } from "vitest";
import type { CoreOutput } from "../core/output.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import { memoryStore } from "../store/memory-store.ts";
import { ReleaseQueue } from "./release-queue.ts";
import { UnitOfWork } from "./unit-of-work.ts";

/** A release queue over a store whose second copy answers when the test says so. */
function setUp() {
  const log: string[] = [];
  const requests: { commit: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let copied = 0;
  const clock = new SimulatedClock(0);
  const releases = new ReleaseQueue({
    store: {
      ...memoryStore(),
      released: (commit) =>
        commit <= copied
          ? undefined
          : new Promise((resolve, reject) => {
              log.push(`requested ${commit}`);
              requests.push({ commit, resolve, reject });
            }),
    },
    clock,
    release: ({ commit }, { transactions }) =>
      log.push(`released ${commit}${transactions ? "" : " without transactions"}`),
    releaseTransactions: ({ commit }) => log.push(`transactions of ${commit}`),
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

  test("broadcasts transactions after an hour without the second copy, once", async () => {
    const { log, clock, releases, add, complete } = setUp();
    add(1, [{ kind: "transactions", transactions: [new Uint8Array()] }]);
    releases.request(true);
    await clock.advance(59 * 60_000);
    expect(log).toEqual(["requested 1"]);
    await clock.advance(60_000);
    expect(log.at(-1)).toBe("transactions of 1");
    await complete(0);
    expect(log.at(-1)).toBe("released 1 without transactions");
  });
});
