import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { WriterFenced } from "../ports/commit-store.ts";
import { describeCommitStore } from "./conformance.ts";
import { postgresStore } from "./postgres-store.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { DecryptionFailed } from "./key-ring.ts";
import { MemoryMedium, memoryStore } from "./memory-store.ts";

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 4 });
afterAll(() => pool.end());

const freshSchema = (): string => `test_${randomBytes(8).toString("hex")}`;
const dropSchema = async (schema: string): Promise<void> => {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
};

describeCommitStore("Postgres", async () => {
  const schema = freshSchema();
  return {
    reopen: () => postgresStore({ pool, schema }),
    remove: () => dropSchema(schema),
  };
});

test("a lease keeps other processes out, is renewed by itself, and ends when the store is closed", async () => {
  const schema = freshSchema();
  const holder = postgresStore({ pool, schema, leaseMs: 400 });
  const standby = postgresStore({ pool, schema, leaseMs: 400 });
  await holder.open();
  await expect(standby.open()).rejects.toThrow(WriterFenced);
  // renewed by the timer although nothing is committed
  await new Promise((resolve) => setTimeout(resolve, 900));
  await expect(standby.open()).rejects.toThrow(WriterFenced);
  await holder.close();
  expect(await standby.open()).toEqual({ commitNumber: 0, lastSequence: 0 });
  await standby.close();
  await dropSchema(schema);
});

test("22: a writer whose lease expired and was taken over cannot write any more", async () => {
  const schema = freshSchema();
  const old = postgresStore({ pool, schema, leaseMs: 60_000 });
  await old.open();
  await pool.query(`UPDATE ${schema}.node_position SET lease_until = '-infinity'`);
  const successor = postgresStore({ pool, schema, leaseMs: 60_000 });
  await successor.open();
  const write = {
    number: 1,
    rows: [{ table: "t", key: "k", value: utf8ToBytes("v") }],
    events: [],
  };
  await expect(old.commit(write)).rejects.toThrow(WriterFenced);
  expect(await successor.read("t", "k")).toBeUndefined();
  await successor.commit(write);
  await old.close();
  await successor.close();
  await dropSchema(schema);
});

const key = (): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(7);

describeCommitStore("encrypted", async () => {
  const medium = new MemoryMedium();
  // `encryptedStore` is asynchronous and `reopen` is not: create more stores ahead than any test opens
  const stores = await Promise.all(
    Array.from({ length: 8 }, () => encryptedStore(memoryStore(medium), key())),
  );
  return {
    reopen: () => {
      const next = stores.pop();
      if (next === undefined) throw new Error("a test opened more stores than were created");
      return next;
    },
    remove: async () => {},
  };
});

test("decrypts a value only with its key and in its own row", async () => {
  const medium = new MemoryMedium();
  const store = await encryptedStore(memoryStore(medium), key());
  await store.open();
  const secret = utf8ToBytes("twelve words");
  await store.commit({ number: 1, rows: [{ table: "t", key: "a", value: secret }], events: [] });
  expect(await store.read("t", "a")).toEqual(secret);

  const bare = memoryStore(medium);
  await bare.open();
  const sealed = await bare.read("t", "a");
  if (sealed === undefined) throw new Error("the row is missing");
  expect(Buffer.from(sealed).includes("twelve")).toBe(false);
  await bare.commit({ number: 2, rows: [{ table: "t", key: "b", value: sealed }], events: [] });

  const again = await encryptedStore(memoryStore(medium), key());
  await again.open();
  await expect(again.read("t", "b")).rejects.toThrow(DecryptionFailed);
  const otherKey = await encryptedStore(memoryStore(medium), new Uint8Array(32).fill(8));
  await otherKey.open();
  await expect(otherKey.read("t", "a")).rejects.toThrow(DecryptionFailed);
});
