import { describe, expect, test } from "vitest";
import { MemoryMedium, WriterFenced, memoryStore, silentLogger } from "@satsconnect/lightning";
import type { RowChange, StoreWrite } from "@satsconnect/lightning";
import { Random, SimulatedClock } from "@satsconnect/lightning/simulation";
import { towerPolicy } from "../policy.ts";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { backedUpStore } from "./backed-up-store.ts";
import type { BackedUpStore, BackupOptions } from "./backed-up-store.ts";
import { BackupWithheld } from "./backup-errors.ts";
import { backupKeys } from "./backup-keys.ts";
import { MemoryTower } from "./testing/memory-tower.ts";
import { MemoryVss, connectTo } from "./testing/memory-vss.ts";
import type { Delivery } from "./testing/memory-vss.ts";
import { towerHeads } from "./tower-heads.ts";
import { towerKeys } from "./tower-keys.ts";
import { lagKey } from "./witness.ts";

const seed = new Uint8Array(64).fill(9);
const towerId = "ab".repeat(32);

type Storage = { readonly medium: MemoryMedium; readonly keyValueStore: KeyValueStore };

/** Devices of one wallet, its backup server, and a watchtower. */
function world(seedText = "witness") {
  const clock = new SimulatedClock(1_700_000_000_000);
  const random = new Random(seedText);
  const vss = new MemoryVss();
  const tower = new MemoryTower(clock);
  let delivery: () => Delivery = () => "arrives";
  const keys = towerKeys(seed, towerId, random);
  const device = (parts: Partial<BackupOptions> & Partial<Storage> = {}) => {
    const medium = parts.medium ?? new MemoryMedium();
    const keyValueStore = parts.keyValueStore ?? memoryKeyValueStore();
    const store = backedUpStore({
      local: memoryStore(medium),
      vss: connectTo(vss, { clock, latencyMs: () => 20, delivery: () => delivery() }),
      keys: backupKeys(seed, random),
      tower: towerHeads(tower.client(), keys),
      clock,
      entropy: random,
      logger: silentLogger,
      ...parts,
      keyValueStore,
    });
    return { store, medium, keyValueStore };
  };
  const during = <Value>(work: Promise<Value>): Promise<Value> => clock.during(work);
  const commit = (store: BackedUpStore, number: number, parts: Partial<StoreWrite> = {}) =>
    during(store.commit({ number, rows: [put("state", String(number))], events: [], ...parts }));
  /** Commits, and resolves with the milliseconds until the output may leave. */
  const release = async (store: BackedUpStore, number: number): Promise<number> => {
    await commit(store, number);
    const from = clock.now();
    await during(Promise.resolve(store.released(number)));
    return clock.now() - from;
  };
  return {
    clock,
    vss,
    tower,
    keys,
    random,
    device,
    during,
    commit,
    release,
    witnessed: () => (tower.head === null ? undefined : keys.open(tower.head)),
    setDelivery: (next: () => Delivery) => {
      delivery = next;
    },
  };
}

const put = (key: string, value: string, table = "core-value"): RowChange => ({
  table,
  key,
  value: new TextEncoder().encode(value),
});
const valueOf = async (store: BackedUpStore): Promise<string> =>
  new TextDecoder().decode(await store.read("core-value", "state"));

describe("the watchtower", () => {
  test("has the head of every commit whose output has left, with one request for many commits", async () => {
    const { clock, tower, device, during, commit, release, witnessed } = world();
    const { store } = device();
    await during(store.open());
    for (let number = 1; number <= 5; number += 1) await release(store, number);
    expect(witnessed()).toMatchObject({ epoch: 1, commit: 5 });
    const before = tower.requests;
    for (let number = 6; number <= 25; number += 1) await commit(store, number);
    let left = 0;
    for (let number = 6; number <= 25; number += 1)
      void store.released(number)?.then(() => (left = Math.max(left, number)));
    // the output never leaves before the tower has it
    await clock.until(() => {
      expect(witnessed()?.commit).toBeGreaterThanOrEqual(left);
      return left === 25;
    }, 10_000);
    expect(left).toBe(25);
    expect(tower.requests - before).toBeLessThanOrEqual(2);
    expect(store.status().tower.state).toBe("current");
    await during(store.close());
  });

  test("that is slow but answers in time never counts as lagging, whatever keeps waiting for it", async () => {
    const { clock, tower, device, during, commit } = world();
    tower.latencyMs = 400;
    const { store } = device();
    await during(store.open());
    const states: string[] = [];
    store.subscribe(({ tower: { state } }) => states.push(state));
    for (let number = 1; number <= 100; number += 1) {
      await commit(store, number);
      void Promise.resolve(store.released(number));
      await clock.advance(100);
    }
    expect(states).toEqual([]);
    await during(Promise.resolve(store.released(100)));
    expect(store.status().tower.state).toBe("current");
  });

  test("learns a growing counter and nothing else, and cannot link wallets or towers", () => {
    const random = new Random("keys");
    const keys = towerKeys(seed, towerId, random);
    const head = { epoch: 2, device: "cd".repeat(16), commit: 77 };
    const sealed = keys.seal(head);
    expect(keys.open(sealed)).toEqual(head);
    expect(keys.seal(head).sealed).not.toBe(sealed.sealed);
    expect(keys.seal({ ...head, commit: 2 ** 39 }).sealed).toHaveLength(sealed.sealed.length);
    expect(keys.seal({ ...head, epoch: 3, commit: 1 }).counter).toBeGreaterThan(sealed.counter);
    expect(keys.open({ ...sealed, counter: sealed.counter + 1 })).toBeUndefined();
    const [elsewhere, other] = [
      towerKeys(seed, "01".repeat(32), random),
      towerKeys(new Uint8Array(64).fill(8), towerId, random),
    ];
    expect(elsewhere.open(sealed)).toBeUndefined();
    expect(other.open(sealed)).toBeUndefined();
    const publicKeys = [keys, elsewhere, other].map(({ requests }) => requests.publicKey);
    expect(new Set(publicKeys).size).toBe(3);
  });

  test.each(["lost", "silent"] as const)(
    "delays output once when requests are %s, and not again until it answers",
    async (failing) => {
      const { clock, tower, device, during, release, witnessed } = world();
      const { store, keyValueStore } = device();
      await during(store.open());
      const usual = await release(store, 1);
      tower.delivery = () => failing;
      const states: string[] = [];
      store.subscribe(({ tower: { state } }) => states.push(state));
      const first = await release(store, 2);
      expect(first).toBeLessThanOrEqual(usual + towerPolicy.graceMs);
      // that the tower lags is on this device's storage before the output leaves
      expect(await keyValueStore.get(lagKey)).toBeDefined();
      expect(await keyValueStore.list("")).toEqual([expect.objectContaining({ key: lagKey })]);
      for (let number = 3; number <= 6; number += 1)
        expect(await release(store, number)).toBeLessThan(usual);
      expect(store.status().tower.state).toBe("lagging");
      if (failing === "silent") return;
      tower.delivery = () => "arrives";
      await clock.advance(2 * towerPolicy.maxRetryMs);
      expect(witnessed()).toMatchObject({ commit: 6 });
      expect(await keyValueStore.get(lagKey)).toBeUndefined();
      expect(await release(store, 7)).toBeGreaterThanOrEqual(usual);
      expect(states).toEqual(["lagging", "current"]);
    },
  );

  test("whose answer was lost has the head: it is not taken for a newer one", async () => {
    const { clock, tower, device, during, release } = world();
    const { store } = device();
    await during(store.open());
    await release(store, 1);
    tower.delivery = () => "answerLost";
    await release(store, 2);
    tower.delivery = () => "arrives";
    await clock.advance(2 * towerPolicy.maxRetryMs);
    expect(store.status()).toMatchObject({ state: "current", tower: { state: "current" } });
    await release(store, 3);
  });

  test("does not keep a wallet from starting, and says so across restarts", async () => {
    const { clock, tower, device, during, release, witnessed } = world();
    const first = device();
    await during(first.store.open());
    await release(first.store, 1);
    tower.delivery = () => "silent";
    await release(first.store, 2);
    const { since } = first.store.status().tower;
    await during(first.store.close());
    await clock.advance(60_000);
    tower.delivery = () => "lost";
    const again = device(first);
    expect(await during(again.store.open())).toMatchObject({ commitNumber: 2 });
    await release(again.store, 3);
    expect(again.store.status().tower).toEqual({ state: "lagging", since });
    tower.delivery = () => "arrives";
    await clock.advance(2 * towerPolicy.maxRetryMs);
    expect(witnessed()).toMatchObject({ commit: 3 });
    expect(again.store.status().tower.state).toBe("current");
  });

  test.each(["an older head", "another head", "none", "a head of nobody"] as const)(
    "that lies with %s changes nothing but its own use",
    async (lie) => {
      const { tower, device, during, release, clock, keys } = world();
      const first = device();
      await during(first.store.open());
      await release(first.store, 1);
      const old = tower.head;
      await release(first.store, 2);
      await during(first.store.close());
      const foreign = keys.seal({ epoch: 1, device: "00".repeat(16), commit: 1 });
      tower.head =
        lie === "an older head"
          ? old
          : lie === "none"
            ? null
            : lie === "a head of nobody"
              ? { counter: Number.MAX_SAFE_INTEGER, sealed: foreign.sealed }
              : { counter: foreign.counter + 5, sealed: foreign.sealed };
      const again = device(first);
      expect(await during(again.store.open())).toMatchObject({ commitNumber: 2 });
      expect(again.store.isOutdated()).toBe(false);
      await release(again.store, 3);
      await clock.advance(60_000);
      expect(again.store.status().state).toBe("current");
      const restored = device();
      expect(await during(restored.store.open())).toMatchObject({ commitNumber: 3 });
      expect(restored.store.isOutdated()).toBe(false);
    },
  );
});

describe("a backup server that hands out an older backup", () => {
  /** A device with six commits whose output has left, and the server's backup of the third. */
  async function lyingServer(seedText?: string) {
    const all = world(seedText);
    const first = all.device();
    await all.during(first.store.open());
    for (let number = 1; number <= 3; number += 1) await all.release(first.store, number);
    const older = all.vss.snapshot();
    const olderMedium = first.medium.clone();
    for (let number = 4; number <= 6; number += 1) await all.release(first.store, number);
    return { ...all, first, older, olderMedium };
  }

  test("to a restore: the channels are given up before the node does anything", async () => {
    const { first, older, device, during, commit, release, witnessed, clock } = await lyingServer();
    first.store.halt();
    older();
    const second = device();
    const position = await during(second.store.open());
    expect(await valueOf(second.store)).toBe("3");
    expect(second.store.isOutdated()).toBe(true);
    expect(second.store.status().outdated).toMatchObject({ commit: 3, knownCommit: 6 });
    // commits go on after the newest that is known
    expect(position.commitNumber).toBeGreaterThan(6);
    const next = position.commitNumber + 1;
    // the first commit closes the channels: from then on nothing is left to do
    await commit(second.store, next);
    second.store.halt();
    const again = device(second);
    await during(again.store.open());
    expect(again.store.isOutdated()).toBe(false);
    expect(again.store.status().outdated).toMatchObject({ commit: 3, knownCommit: 6 });
    await release(again.store, next + 1);
    await clock.advance(10_000);
    expect(witnessed()).toMatchObject({ epoch: 2, commit: next + 1 });
    // the next restore is an ordinary one, and still knows what happened
    const third = device();
    expect(await during(third.store.open())).toMatchObject({ commitNumber: next + 1 });
    expect(third.store.isOutdated()).toBe(false);
    expect(third.store.status().outdated).toMatchObject({ commit: 3, knownCommit: 6 });
  });

  test("to a restore that crashes anywhere: every later start gives up the channels first", async () => {
    for (let crashMs = 0; crashMs <= 1_000; crashMs += 25) {
      for (const isSamePhone of [true, false]) {
        const { first, older, device, during, commit, clock } = await lyingServer();
        first.store.halt();
        older();
        const second = device();
        const opening = second.store.open().catch(() => undefined);
        await clock.advance(crashMs);
        second.store.halt();
        const next = device(isSamePhone ? second : {});
        const position = await during(next.store.open());
        await opening;
        expect({ crashMs, isOutdated: next.store.isOutdated() }).toEqual({
          crashMs,
          isOutdated: true,
        });
        await commit(next.store, position.commitNumber + 1);
      }
    }
  }, 120_000);

  test("to a device whose own storage is as old: the channels are given up", async () => {
    const { first, older, olderMedium, device, during, release, witnessed } = await lyingServer();
    first.store.halt();
    older();
    const copy = { medium: olderMedium, keyValueStore: first.keyValueStore };
    const old = device(copy);
    const position = await during(old.store.open());
    expect(old.store.isOutdated()).toBe(true);
    expect(position.commitNumber).toBeGreaterThan(6);
    await release(old.store, position.commitNumber + 1);
    expect(witnessed()).toMatchObject({ epoch: 1, commit: position.commitNumber + 1 });
    old.store.halt();
    const again = device(copy);
    expect(await during(again.store.open())).toMatchObject({
      commitNumber: position.commitNumber + 1,
    });
    expect(again.store.isOutdated()).toBe(false);
  });

  test("to a device whose own storage is as old, which crashes anywhere", async () => {
    for (let crashMs = 0; crashMs <= 600; crashMs += 15) {
      const { first, older, olderMedium, device, during, commit, clock } = await lyingServer();
      first.store.halt();
      older();
      const copy = { medium: olderMedium, keyValueStore: first.keyValueStore };
      const old = device(copy);
      const opening = old.store.open().catch(() => undefined);
      await clock.advance(crashMs);
      old.store.halt();
      const again = device(copy);
      const position = await during(again.store.open());
      await opening;
      expect({ crashMs, isOutdated: again.store.isOutdated() }).toEqual({
        crashMs,
        isOutdated: true,
      });
      // another phone that restores before the first commit has to give up the channels as well
      const other = device();
      await during(other.store.open());
      expect({ crashMs, isOutdated: other.store.isOutdated() }).toEqual({
        crashMs,
        isOutdated: true,
      });
      again.store.halt();
      expect(position.commitNumber).toBeGreaterThan(6);
      await commit(other.store, (await during(other.store.open())).commitNumber + 1);
    }
  }, 120_000);

  test("to a device with old storage while the backup is newer: it restores, and keeps its channels", async () => {
    const { first, olderMedium, device, during } = await lyingServer();
    first.store.halt();
    const old = device({ medium: olderMedium, keyValueStore: first.keyValueStore });
    expect(await during(old.store.open())).toMatchObject({ commitNumber: 6 });
    expect(old.store.isOutdated()).toBe(false);
    expect(await valueOf(old.store)).toBe("6");
  });

  test("to a device with old storage that the server does not answer at first", async () => {
    const { first, older, olderMedium, device, during, setDelivery, clock } = await lyingServer();
    first.store.halt();
    older();
    setDelivery(() => "lost");
    const copy = { medium: olderMedium, keyValueStore: first.keyValueStore };
    const old = device(copy);
    await during(old.store.open());
    // the server may still have the newest state: nothing is given up, and nothing is broadcast
    expect(old.store.isOutdated()).toBe(false);
    expect(old.store.mayBroadcastCommitment()).toBe(false);
    expect(await during(old.store.leaveWithoutBackup())).toMatchObject({
      error: { code: "backup_not_writer" },
    });
    await during(old.store.commit({ number: 4, rows: [put("state", "4")], events: [] }));
    const waiting = Promise.resolve(old.store.released(4)).then(
      () => "released",
      () => "refused",
    );
    setDelivery(() => "arrives");
    await clock.advance(60_000);
    expect(await waiting).toBe("refused");
    await during(old.store.open());
    expect(old.store.isOutdated()).toBe(true);
  });

  test("to a restore while the tower is silent: found out as soon as it answers", async () => {
    const { first, older, tower, device, during, release, clock } = await lyingServer();
    first.store.halt();
    older();
    tower.delivery = () => "lost";
    const second = device();
    expect(await during(second.store.open())).toMatchObject({ commitNumber: 3 });
    expect(second.store.isOutdated()).toBe(false);
    expect(second.store.status().tower.state).toBe("lagging");
    // beyond the newest commit that the tower knows
    for (let number = 4; number <= 12; number += 1) await release(second.store, number);
    second.store.halt();
    // a further restore of that state knows too that it was never compared
    const third = device();
    expect(await during(third.store.open())).toMatchObject({ commitNumber: 12 });
    await release(third.store, 13);
    tower.delivery = () => "arrives";
    await clock.advance(2 * towerPolicy.maxRetryMs);
    await expect(third.store.commit({ number: 14, rows: [], events: [] })).rejects.toThrow(
      "newer state",
    );
    await during(third.store.open());
    expect(third.store.isOutdated()).toBe(true);
  });

  test("as if there were none: the wallet does not start empty", async () => {
    const { first, vss, device, during } = await lyingServer();
    first.store.halt();
    vss.objects.clear();
    vss.version = 0n;
    await expect(during(device().store.open())).rejects.toBeInstanceOf(BackupWithheld);
  });
});

describe("two devices", () => {
  test("the replaced one stops although the server lets it write on", async () => {
    const { clock, vss, device, during, release } = world();
    const first = device();
    await during(first.store.open());
    for (let number = 1; number <= 3; number += 1) await release(first.store, number);
    const fork = vss.snapshot();
    const second = device();
    await during(second.store.open());
    await release(second.store, 4);
    // the server shows the first device its own branch
    fork();
    await during(first.store.commit({ number: 4, rows: [put("state", "fork")], events: [] }));
    await expect(during(Promise.resolve(first.store.released(4)))).rejects.toBeInstanceOf(
      WriterFenced,
    );
    expect(first.store.status().state).toBe("replaced");
    expect(first.store.mayBroadcastCommitment()).toBe(false);
    const again = device({ medium: first.medium, keyValueStore: first.keyValueStore });
    await expect(during(again.store.open())).rejects.toBeInstanceOf(WriterFenced);
    // taking over means to take what the server has, which is old
    const taking = device({
      medium: first.medium,
      keyValueStore: first.keyValueStore,
      takeOver: true,
    });
    await during(taking.store.open());
    expect(taking.store.isOutdated()).toBe(true);
    await clock.advance(1_000);
  });

  test("a restore while the other device still writes is not taken for an old backup", async () => {
    for (let round = 0; round < 20; round += 1) {
      const { clock, device, during, commit, random } = world(`moving ${String(round)}`);
      const first = device();
      await during(first.store.open());
      let number = 0;
      let isRunning = true;
      const writing = (async () => {
        while (isRunning) {
          number += 1;
          await first.store.commit({ number, rows: [put("state", String(number))], events: [] });
          await first.store.released(number);
          await new Promise<void>((resolve) => clock.after(random.below(20), resolve));
        }
      })().catch(() => {});
      await clock.advance(1_000 + random.below(200));
      const second = device();
      const { commitNumber } = await during(second.store.open());
      expect(second.store.isOutdated()).toBe(false);
      await commit(second.store, commitNumber + 1);
      await during(Promise.resolve(second.store.released(commitNumber + 1)));
      isRunning = false;
      await clock.advance(60_000);
      await writing;
      expect(first.store.status().state).toBe("replaced");
      expect(second.store.status()).toMatchObject({
        state: "current",
        tower: { state: "current" },
      });
    }
  });

  test("a device that continued without its backup and was lost: the restore knows that more has happened", async () => {
    const { clock, device, during, release, setDelivery } = world();
    const first = device();
    await during(first.store.open());
    await release(first.store, 1);
    setDelivery(() => "lost");
    await during(first.store.commit({ number: 2, rows: [put("state", "2")], events: [] }));
    await clock.advance(10_000);
    first.store.continueWithoutBackup(clock.now() + 600_000);
    await during(Promise.resolve(first.store.released(2)));
    first.store.halt();
    setDelivery(() => "arrives");
    const second = device();
    await during(second.store.open());
    expect(second.store.isOutdated()).toBe(true);
  });
});
