import { describe, expect, test } from "vitest";
import type { CoreOutput } from "../core/output.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import { memoryStore } from "../store/memory-store.ts";
import { ReleaseQueue } from "./release-queue.ts";
import { UnitOfWork } from "./unit-of-work.ts";

/** A store whose second place answers when the test says so. */
function setUp() {
  const log: string[] = [];
  const asked: { commit: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let there = 0;
  const clock = new SimulatedClock(0);
  const releases = new ReleaseQueue({
    store: {
      ...memoryStore(),
      released: (commit) =>
        commit <= there
          ? undefined
          : new Promise((resolve, reject) => {
              log.push(`asked for ${commit}`);
              asked.push({ commit, resolve, reject });
            }),
    },
    clock,
    release: ({ commit }, { transactions }) =>
      log.push(`released ${commit}${transactions ? "" : " without its transactions"}`),
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
    /** The second place has everything up to the n-th thing that it was asked for. */
    arrive: async (place: number) => {
      there = asked[place]?.commit ?? 0;
      asked[place]?.resolve();
      await clock.settle();
    },
    fail: async (place: number, error: Error) => {
      asked[place]?.reject(error);
      await clock.settle();
    },
  };
}

describe("what waits for the second place", () => {
  test("is asked for together once the core has said all, and leaves in order", async () => {
    const { log, releases, add, arrive } = setUp();
    add(1);
    releases.request(false);
    add(2);
    releases.request(true);
    add(3);
    releases.request(true);
    expect(log).toEqual(["asked for 2", "asked for 3"]);
    await arrive(1);
    expect(log).toHaveLength(2);
    await arrive(0);
    expect(log.slice(2)).toEqual(["released 1", "released 2", "released 3"]);
    expect(releases.isEmpty).toBe(true);
  });

  test("does not wait for long because the core has ever more to say", async () => {
    const { log, clock, releases, add } = setUp();
    add(1);
    await clock.advance(49);
    releases.request(false);
    expect(log).toEqual([]);
    await clock.advance(1);
    releases.request(false);
    expect(log).toEqual(["asked for 1"]);
  });

  test("leaves at once where the second place has it already, but never before what came earlier", async () => {
    const { log, releases, add, arrive } = setUp();
    add(1);
    releases.request(true);
    await arrive(0);
    add(1, undefined, false);
    expect(log.slice(1)).toEqual(["released 1", "released 1"]);
    add(2);
    add(2, undefined, false);
    releases.request(true);
    expect(log.slice(3)).toEqual(["asked for 2"]);
    await arrive(1);
    expect(log.slice(4)).toEqual(["released 2", "released 2"]);
  });

  test("is not asked for where nothing follows from it", () => {
    const { log, releases, add } = setUp();
    add(1, []);
    releases.request(true);
    expect(log).toEqual([]);
    expect(releases.isEmpty).toBe(true);
  });

  test("never leaves when another writer has taken over", async () => {
    const { log, releases, add, fail } = setUp();
    add(1);
    releases.request(true);
    add(2);
    await fail(0, new WriterFenced("another device"));
    expect(log).toEqual(["asked for 1", "failed: WriterFenced: another device"]);
  });

  test("lets transactions go after an hour, once: who keeps the copy may be whom they defend against", async () => {
    const { log, clock, releases, add, arrive } = setUp();
    add(1, [{ kind: "transactions", transactions: [new Uint8Array()] }]);
    releases.request(true);
    await clock.advance(59 * 60_000);
    expect(log).toEqual(["asked for 1"]);
    await clock.advance(60_000);
    expect(log.at(-1)).toBe("transactions of 1");
    await arrive(0);
    expect(log.at(-1)).toBe("released 1 without its transactions");
  });
});
