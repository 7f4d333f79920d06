import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openJournal } from "./order-intents.ts";
import type { JournalEntry } from "./order-intents.ts";
import { sqliteNotes } from "../nodejs/index.ts";
import { memoryNotes } from "./key-value-store.ts";
import type { Notes } from "./key-value-store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-notes-"));
let files = 0;
const kinds: readonly [string, () => Notes & { close?: () => void }][] = [
  ["memory", memoryNotes],
  ["sqlite", () => sqliteNotes(path.join(folder, `notes-${String((files += 1))}.sqlite`))],
];

function entry(id: string, createdAt: number): JournalEntry {
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
  "%s notes keep what was written last, in the order of their keys",
  async (_kind, open) => {
    const notes = open();
    await notes.put("a/2", "two");
    await notes.put("a/1", "one");
    await notes.put("b/1", "other");
    await notes.put("a/2", "two again");
    await notes.put("a%", "not under a/");
    expect(await notes.list("a/")).toEqual([
      { key: "a/1", value: "one" },
      { key: "a/2", value: "two again" },
    ]);
    await notes.delete("a/1");
    expect(await notes.get("a/1")).toBeUndefined();
    notes.close?.();
  },
);

test.each(kinds)(
  "a journal over %s notes gives its entries oldest first, and finds them by order",
  async (_kind, open) => {
    const notes = open();
    const journal = openJournal(notes);
    await journal.write(entry("younger", 2));
    await journal.write(entry("older", 1));
    await journal.write({ ...entry("younger", 2), orderId: "order-7" });
    expect((await journal.all()).map(({ id }) => id)).toEqual(["older", "younger"]);
    expect((await journal.byOrder("order-7"))?.id).toBe("younger");
    notes.close?.();
  },
);

test("notes survive the process", async () => {
  const file = path.join(folder, "kept.sqlite");
  const first = sqliteNotes(file);
  await first.put("key", "value");
  first.close();
  const second = sqliteNotes(file);
  expect(await second.get("key")).toBe("value");
  second.close();
  rmSync(folder, { recursive: true, force: true });
});
