import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { canonicalJson } from "../../app/idempotency.ts";
import type { IdempotencyKeys, IdempotentCall } from "../../app/idempotency.ts";
import { createIdempotencyKeys } from "./idempotency-keys.ts";

let testDatabase: TestDatabase;
let keys: IdempotencyKeys;
let offset = 0;
const walletId = randomUUID();

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  await testDatabase.database.query("INSERT INTO wallets VALUES ($1, $2, now())", [
    walletId,
    `02${"a".repeat(64)}`,
  ]);
  keys = createIdempotencyKeys(testDatabase.database, () => Date.now() + offset);
});
afterAll(() => testDatabase.drop());

function call(body: unknown = { amount: "1" }, key: string = randomUUID()): IdempotentCall {
  return { walletId, route: "buy", key, body };
}

async function begin(idempotentCall: IdempotentCall) {
  const admission = await keys.begin(idempotentCall);
  if (!admission.ok) throw new Error(admission.error.code);
  return admission.value;
}

describe("an idempotency key", () => {
  test("replays the stored answer for the same body in any field order", async () => {
    const first = call({ a: 1, b: { c: [1, "2"], d: null } });
    expect(await begin(first)).toMatchObject({ kind: "run" });
    await keys.finish(first, { status: 201, body: { id: "x" } });
    const again = { ...first, body: { b: { d: null, c: [1, "2"] }, a: 1 } };
    expect(await begin(again)).toEqual({
      kind: "replay",
      answer: { status: 201, body: { id: "x" } },
    });
  });

  test("refuses another body, even while the first call is running", async () => {
    const first = call();
    await begin(first);
    expect(await keys.begin({ ...first, body: { amount: "2" } })).toMatchObject({
      error: { code: "idempotency_key_reused", retry: "never" },
    });
  });

  test("is scoped to one route of one wallet", async () => {
    const first = call();
    await begin(first);
    expect(await begin({ ...first, route: "sell" })).toMatchObject({ kind: "run" });
  });

  test("runs one of six concurrent calls; the others wait for its answer", async () => {
    const one = call();
    const admissions = Array.from({ length: 6 }, () => keys.begin(one));
    const winner = await Promise.race(admissions);
    expect(winner).toMatchObject({ ok: true, value: { kind: "run" } });
    await keys.finish(one, { status: 201, body: { id: "y" } });
    const settled = await Promise.all(admissions);
    expect(
      settled.filter((admission) => admission.ok && admission.value.kind === "run"),
    ).toHaveLength(1);
    expect(
      settled.filter((admission) => admission.ok && admission.value.kind === "replay"),
    ).toHaveLength(5);
  });

  test("reports that the first call is still running after the maximum wait", async () => {
    const one = call();
    await begin(one);
    expect(await keys.begin(one)).toMatchObject({
      error: { code: "idempotency_in_progress", retry: "safe" },
    });
  }, 10_000);

  test("whose first call died is taken over with the same resource id and keeps its first answer", async () => {
    const one = call();
    const first = await begin(one);
    offset += 31_000;
    const second = await begin(one);
    expect(second).toEqual(first);
    await keys.finish(one, { status: 201, body: {} });
    await keys.finish(one, { status: 500, body: {} });
    expect(await begin(one)).toMatchObject({ kind: "replay", answer: { status: 201 } });
  });

  test("that was released runs again at once with the same resource id", async () => {
    const one = call();
    const first = await begin(one);
    await keys.release(one);
    expect(await begin(one)).toEqual(first);
  });

  test("is deleted after a week and not before", async () => {
    const one = call();
    await begin(one);
    await keys.finish(one, { status: 201, body: {} });
    await keys.deleteExpired();
    expect(await begin(one)).toMatchObject({ kind: "replay" });
    offset += 7 * 24 * 3_600_000 + 1;
    await keys.deleteExpired();
    expect(await begin(one)).toMatchObject({ kind: "run" });
  });
});

test("two bodies have the same canonical JSON only if they are equal", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
      const same = canonicalJson(left) === canonicalJson(right);
      expect(canonicalJson(JSON.parse(JSON.stringify(left)))).toBe(canonicalJson(left));
      if (same) expect(JSON.parse(canonicalJson(left))).toEqual(JSON.parse(canonicalJson(right)));
    }),
  );
});
