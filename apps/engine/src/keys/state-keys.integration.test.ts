import { randomBytes } from "node:crypto";
import { WriterFenced, encryptedStore, keyId } from "@satsconnect/lightning";
import type { CommitStore } from "@satsconnect/lightning";
import { postgresStore } from "@satsconnect/lightning/nodejs";
import type { PostgresStore } from "@satsconnect/lightning/nodejs";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ConfigurationError } from "../config.ts";
import { createLogger } from "../logger.ts";
import { createTestDatabase } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { StateKeyMissing, openStateKeys } from "./state-keys.ts";
import type { StateKeys } from "./state-keys.ts";

type Key = Uint8Array<ArrayBuffer>;
const newKey = (): Key => new Uint8Array(randomBytes(32));
const databases: TestDatabase[] = [];
let prepared: TestDatabase;
/** The contents of `STATE_KEY_FILE`; undefined: cannot be read. */
let file: readonly Key[] | undefined;
const engines: Engine[] = [];

beforeEach(async () => {
  prepared = await createTestDatabase();
  databases.push(prepared);
});
afterAll(async () => {
  for (const { keys, bare } of engines) {
    await keys.stop();
    await bare.close();
  }
  for (const database of databases) await database.drop();
});

/** The part of an engine that keeps its state. */
type Engine = {
  readonly keys: StateKeys;
  readonly bare: PostgresStore;
  readonly store: CommitStore;
};

async function engine(
  readKeys = async (): Promise<readonly Key[]> => {
    if (file === undefined) throw new ConfigurationError("STATE_KEY_FILE cannot be read: EIO.");
    return file.map((key) => key.slice());
  },
): Promise<Engine> {
  const { database } = prepared;
  const bare = postgresStore({ pool: database, leaseMs: 60_000 });
  const logger = createLogger("silent");
  const keys = await openStateKeys({ database, store: bare, readKeys, logger });
  const store = keys.checkedAtOpen(await encryptedStore(bare, keys.ring), async () => {});
  const opened = { keys, bare, store };
  engines.push(opened);
  return opened;
}

/** As if the process had been killed: it does nothing more, and its lease has run out. */
async function kill({ keys }: Engine): Promise<void> {
  await keys.stop();
  await prepared.database.query(
    "UPDATE lightning.node_position SET lease_until = '-infinity', writer = writer + 1",
  );
}

async function fill(store: CommitStore, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) {
    await store.commit({
      number,
      rows: Array.from({ length: 10 }, (_, index) => ({
        table: `t${index}`,
        key: `k${number}`,
        value: Uint8Array.of(number % 256),
      })),
      events: [{ sequence: number, value: Uint8Array.of(number % 256) }],
    });
  }
}
const rowsOf = async (store: CommitStore): Promise<number> =>
  (await Promise.all(Array.from({ length: 10 }, (_, index) => store.list(`t${index}`)))).flat()
    .length;
const finished = (keys: StateKeys) =>
  expect
    .poll(async () => (await keys.status()).rotation?.finishedAt ?? null, { timeout: 30_000 })
    .not.toBeNull();

test("rotates under load: old values move, new ones are under the new key, and the old key is not needed then", async () => {
  const [old, next] = [newKey(), newKey()];
  file = [old];
  // as an older version has written it: values do not name their key
  const legacyStore = postgresStore({ pool: prepared.database, leaseMs: 60_000 });
  const legacy = await encryptedStore(legacyStore, old);
  await legacy.open();
  await fill(legacy, 1, 60);
  await legacy.close();

  const { keys, store } = await engine();
  expect(await store.open()).toMatchObject({ commitNumber: 60 });
  expect(await keys.rotate()).toMatchObject({ ok: false, error: { code: "state_key_not_added" } });
  file = undefined;
  expect(await keys.rotate()).toMatchObject({ ok: false, error: { code: "state_key_unreadable" } });
  file = [old, next];
  expect(valueOf(await keys.rotate())).toEqual({ keyId: keyId(next) });
  file = [old, next, newKey()];
  expect(await keys.rotate()).toMatchObject({ ok: false, error: { code: "state_key_rotating" } });
  file = [old, next];
  await fill(store, 61, 200);
  await finished(keys);
  const { keys: listed, rotation } = await keys.status();
  expect(listed).toMatchObject([
    { id: keyId(old), current: false, values: 0n },
    { id: keyId(next), current: true, values: 2_200n, emptiedAt: null },
  ]);
  expect(listed[0]?.emptiedAt).not.toBeNull();
  expect(rotation?.replaced).toBeGreaterThanOrEqual(660n);
  await store.close();

  file = [next];
  const after = await engine();
  await after.store.open();
  expect(await rowsOf(after.store)).toBe(2_000);
  file = [next, old];
  expect(await after.keys.rotate()).toMatchObject({ ok: false, error: { code: "state_key_used" } });
});

test("a rotation that a kill has interrupted is continued by the standby, which reads the new key from its file", async () => {
  const [old, next] = [newKey(), newKey()];
  file = [old];
  const first = await engine();
  await first.store.open();
  await fill(first.store, 1, 150);
  // it has started before the key was added
  let standbyFile: readonly Key[] = [old];
  const standby = await engine(async () => standbyFile.map((key) => key.slice()));
  file = [old, next];
  valueOf(await first.keys.rotate());
  await fill(first.store, 151, 152);
  await expect
    .poll(async () => (await first.keys.status()).rotation?.replaced ?? 0n)
    .toBeGreaterThan(0n);
  await kill(first);
  const { rotation, keys: listed } = await first.keys.status();
  expect(rotation?.finishedAt).toBeNull();
  expect(listed[0]?.values).toBeGreaterThan(0n);

  await expect(standby.store.open()).rejects.toThrow(StateKeyMissing);
  await expect(standby.store.open()).rejects.toThrow(keyId(next));
  standbyFile = [old, next];
  expect(await standby.store.open()).toMatchObject({ commitNumber: 152 });
  await fill(standby.store, 153, 154);
  await standby.keys.resume();
  await finished(standby.keys);
  expect((await standby.keys.status()).keys).toMatchObject([
    { id: keyId(old), values: 0n, current: false },
    { id: keyId(next), values: 154n * 11n, current: true },
  ]);
  expect(await rowsOf(standby.store)).toBe(1_540);
  // what was killed and comes to itself changes nothing
  await first.keys.resume();
  await expect(first.store.commit({ number: 153, rows: [], events: [] })).rejects.toThrow(
    WriterFenced,
  );
});

test("refuses a wrong key and a missing one, changes nothing, and starts when the key is back", async () => {
  const [old, next] = [newKey(), newKey()];
  file = [old];
  const first = await engine();
  await first.store.open();
  await fill(first.store, 1, 40);
  file = [old, next];
  valueOf(await first.keys.rotate());
  await kill(first);

  // values are left under the old key
  file = [next];
  await expect(engine()).rejects.toThrow(`does not have the key ${keyId(old)}`);
  file = [old];
  await expect(engine()).rejects.toThrow(`does not have the key ${keyId(next)}`);
  file = [newKey()];
  await expect(engine()).rejects.toThrow(StateKeyMissing);
  file = [next, old];
  const second = await engine();
  expect(await second.store.open()).toMatchObject({ commitNumber: 40 });
  expect(second.keys.ring.current()).toBe(keyId(next));
  expect(await rowsOf(second.store)).toBe(400);
});

test("finds the key of older versions among several, and refuses when it is not there", async () => {
  const [old, next] = [newKey(), newKey()];
  const legacyStore = postgresStore({ pool: prepared.database, leaseMs: 60_000 });
  const legacy = await encryptedStore(legacyStore, old);
  await legacy.open();
  await fill(legacy, 1, 3);
  await legacy.close();
  file = [next];
  const wrong = await engine();
  await expect(wrong.store.open()).rejects.toThrow(
    "No key of STATE_KEY_FILE opens the stored state",
  );
  file = [next, old];
  const right = await engine();
  await right.store.open();
  // the other one has not been rotated to, although its line is there
  expect(right.keys.ring.current()).toBe(keyId(old));
  expect(await rowsOf(right.store)).toBe(30);
});

test("a value that cannot be decrypted stops the rotation and not the node", async () => {
  const [old, next] = [newKey(), newKey()];
  file = [old];
  const { keys, store } = await engine();
  await store.open();
  await fill(store, 1, 3);
  await prepared.database.query(
    `UPDATE lightning.node_rows SET value = set_byte(value, 30, get_byte(value, 30) # 1)
      WHERE "table" = 't0' AND "key" = 'k2'`,
  );
  file = [old, next];
  valueOf(await keys.rotate());
  await expect
    .poll(async () => (await keys.status()).rotation?.failure)
    .toContain("row/t0/k2 cannot be decrypted");
  await fill(store, 4, 5);
  expect((await keys.status()).keys[0]).toMatchObject({ id: keyId(old), emptiedAt: null });
});

test("a running engine whose key file was lost rotates to a new key and needs the lost one no more", async () => {
  file = [newKey()];
  const first = await engine();
  await first.store.open();
  await fill(first.store, 1, 20);
  const next = newKey();
  file = [next];
  valueOf(await first.keys.rotate());
  await finished(first.keys);
  expect((await first.keys.status()).keys[0]).toMatchObject({ inFile: false, values: 0n });
  await first.store.close();
  const second = await engine();
  await second.store.open();
  expect(await rowsOf(second.store)).toBe(200);
});
