import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, StoreWrite } from "../ports/commit-store.ts";
import { encryptAgain } from "./encrypt-again.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { DecryptionFailed, keyId, newKeyRing } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";
import { postgresStore } from "./postgres-store.ts";
import type { PostgresStore, ValuePlace } from "./postgres-store.ts";

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 6 });
const schema = `test_${randomBytes(8).toString("hex")}`;
afterAll(async () => {
  await pool.query(`DROP SCHEMA ${schema} CASCADE`);
  await pool.end();
});
const key = (fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(fill);
const write = (number: number, rows: readonly (readonly [string, number])[]): StoreWrite => ({
  number,
  rows: rows.map(([name, value]) => ({ table: "t", key: name, value: Uint8Array.of(value) })),
  events: [{ sequence: number, value: Uint8Array.of(number % 256) }],
});

/** A whole pass. Returns how many values were not under the current key. */
async function pass(store: PostgresStore, ring: KeyRing): Promise<number> {
  let after: ValuePlace | undefined;
  let left = 0;
  do {
    const step = await encryptAgain(store, ring, after, 7);
    expect(step.looked).toBeLessThanOrEqual(7);
    left += step.left;
    after = step.last;
  } while (after !== undefined);
  return left;
}

async function idsInUse(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT DISTINCT encode(substring("value" FROM 2 FOR 8), 'hex') AS id FROM
       (SELECT "value" FROM ${schema}.node_rows UNION ALL SELECT "value" FROM ${schema}.node_events) stored`,
  );
  return rows.map(({ id }) => id);
}

test("moves all values from an unnamed old key to a new one while the node commits, and loses none", async () => {
  const bare = postgresStore({ pool, schema });
  const old = await encryptedStore(bare, key(1));
  await old.open();
  const expected = new Map<string, number>();
  for (let number = 1; number <= 20; number++) {
    const rows = [`a${number}`, `b${number % 5}`].map((name) => [name, number] as const);
    for (const [name, value] of rows) expected.set(name, value);
    await old.commit(write(number, rows));
  }

  const ring = await newKeyRing([key(1)]);
  const store: CommitStore = await encryptedStore(bare, ring);
  expect((await store.list("t")).length).toBe(expected.size);
  let stop = false;
  let number = 20;
  const load = (async () => {
    while (!stop) {
      number += 1;
      const rows = [`a${number % 31}`, `b${number % 5}`, `c${number % 3}`].map(
        (name) => [name, number % 251] as const,
      );
      for (const [name, value] of rows) expected.set(name, value);
      await store.commit(write(number, rows));
    }
  })();
  const second = await ring.add(key(2));
  await ring.use(second);
  while ((await pass(bare, ring)) > 0);
  for (let round = 3; round < 8; round++) {
    await ring.use(await ring.add(key(round)));
    while ((await pass(bare, ring)) > 0);
  }
  stop = true;
  await load;
  expect(number).toBeGreaterThan(40);
  expect(await idsInUse()).toEqual([keyId(key(7))]);

  const successor = await encryptedStore(bare, await newKeyRing([key(7)]));
  const rows = await successor.list("t");
  expect(new Map(rows.map((row) => [row.key, row.value[0]]))).toEqual(expected);
  expect((await successor.events(0, 10_000)).map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: number }, (_, index) => index + 1),
  );
  const wrong = await encryptedStore(bare, await newKeyRing([key(1)]));
  await expect(wrong.list("t")).rejects.toThrow(DecryptionFailed);
  await expect(wrong.list("t")).rejects.toThrow(keyId(key(7)));
});

test("changes nothing once another writer has taken over, and not what a commit has changed", async () => {
  const first = postgresStore({ pool, schema });
  const { commitNumber } = await first.open();
  const ring = await newKeyRing([key(7)]);
  const store = await encryptedStore(first, ring);
  await store.commit(write(commitNumber + 1, [["z", 1]]));
  const { values } = await first.valuesAfter(undefined, 1_000, new Uint8Array(9));
  const stale = values.find(({ place }) => place.kind === "row" && place.key === "z");
  if (stale === undefined) throw new Error("the row is missing");
  await store.commit(write(commitNumber + 2, [["z", 2]]));
  expect(await first.replaceValues([{ from: stale, to: stale.value }])).toBe(0);
  expect(await store.read("t", "z")).toEqual(Uint8Array.of(2));

  const { values: current } = await first.valuesAfter(undefined, 1_000, new Uint8Array(9));
  const successor = postgresStore({ pool, schema });
  await successor.open();
  const [from] = current;
  if (from === undefined) throw new Error("the store is empty");
  await expect(first.replaceValues([{ from, to: Uint8Array.of(9) }])).rejects.toThrow(WriterFenced);
  const { values: after } = await successor.valuesAfter(undefined, 1_000, new Uint8Array(9));
  expect(after).toEqual(current);
});

test("passes over a row that a commit is writing, and does not wait for it", async () => {
  const store = postgresStore({ pool, schema });
  const { commitNumber } = await store.open();
  const rows = ["busy", "free"].map((name) => [name, 1] as const);
  await (await encryptedStore(store, key(7))).commit(write(commitNumber + 1, rows));
  const { values } = await store.valuesAfter(undefined, 1_000, new Uint8Array(9));
  const changes = values.flatMap((from) =>
    from.place.kind === "row" && ["busy", "free"].includes(from.place.key)
      ? [{ from, to: Uint8Array.of(9) }]
      : [],
  );
  const committing = await pool.connect();
  await committing.query("BEGIN");
  await committing.query(`SELECT 1 FROM ${schema}.node_rows WHERE "key" = 'busy' FOR UPDATE`);
  expect(changes).toHaveLength(2);
  expect(await store.replaceValues(changes)).toBe(1);
  await committing.query("ROLLBACK");
  committing.release();
  expect(await store.read("t", "free")).toEqual(Uint8Array.of(9));
});
