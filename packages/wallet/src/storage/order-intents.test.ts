import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openOrderIntents } from "./order-intents.ts";
import type { OrderIntent } from "./order-intents.ts";
import { sqliteKeyValueStore } from "../nodejs/index.ts";
import { memoryKeyValueStore } from "./key-value-store.ts";
import type { KeyValueStore } from "./key-value-store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-order-intents-"));
let files = 0;
const kinds: readonly [string, () => KeyValueStore & { close?: () => void }][] = [
  ["memory", memoryKeyValueStore],
  ["sqlite", () => sqliteKeyValueStore(path.join(folder, `store-${String((files += 1))}.sqlite`))],
];

function intent(id: string, createdAt: number): OrderIntent {
  return {
    id,
    kind: "buy",
    quoteId: "q",
    msisdn: "254700000001",
    amountMsat: "1",
    amountKesCents: "100",
    createdAt,
    invoice: null,
    invoiceNumber: 1,
    orderId: null,
    payBy: null,
    ended: null,
  };
}

test.each(kinds)(
  "a %s store keeps the last value of each key and lists by key",
  async (_kind, open) => {
    const store = open();
    await store.put("a/2", "two");
    await store.put("a/1", "one");
    await store.put("b/1", "other");
    await store.put("a/2", "two again");
    await store.put("a%", "not under a/");
    expect(await store.list("a/")).toEqual([
      { key: "a/1", value: "one" },
      { key: "a/2", value: "two again" },
    ]);
    await store.delete("a/1");
    expect(await store.get("a/1")).toBeUndefined();
    store.close?.();
  },
);

test.each(kinds)(
  "intents in a %s store are listed oldest first and found by order id",
  async (_kind, open) => {
    const store = open();
    const intents = openOrderIntents(store);
    await intents.write(intent("younger", 2));
    await intents.write(intent("older", 1));
    await intents.write({ ...intent("younger", 2), orderId: "order-7" });
    expect((await intents.all()).map(({ id }) => id)).toEqual(["older", "younger"]);
    expect((await intents.byOrder("order-7"))?.id).toBe("younger");
    store.close?.();
  },
);

test("an SQLite store keeps its values after it is closed", async () => {
  const file = path.join(folder, "kept.sqlite");
  const first = sqliteKeyValueStore(file);
  await first.put("key", "value");
  first.close();
  const second = sqliteKeyValueStore(file);
  expect(await second.get("key")).toBe("value");
  second.close();
  rmSync(folder, { recursive: true, force: true });
});
