import { expect, test } from "vitest";
import { memoryNotes } from "./key-value-store.ts";
import { openPeople } from "./contacts.ts";

test("whoever was paid last comes first, once, under the name that M-Pesa gave last", async () => {
  const people = openPeople(memoryNotes());
  await people.paidOutTo({ msisdn: "254712345678", name: null, at: 1 });
  await people.paidOutTo({ msisdn: "254700000002", name: "JANE WANJIKU", at: 2 });
  await people.paidOutTo({ msisdn: "254712345678", name: "PETER OTIENO", at: 3 });
  expect(await people.recipients()).toEqual([
    { msisdn: "254712345678", name: "PETER OTIENO", at: 3 },
    { msisdn: "254700000002", name: "JANE WANJIKU", at: 2 },
  ]);
});

test("ten are shown, and no more than fifty are kept", async () => {
  const notes = memoryNotes();
  const people = openPeople(notes);
  for (let at = 0; at < 60; at += 1)
    await people.paidOutTo({ msisdn: `2547${String(at).padStart(8, "0")}`, name: null, at });
  const shown = await people.recipients();
  expect(shown.map(({ at }) => at)).toEqual([59, 58, 57, 56, 55, 54, 53, 52, 51, 50]);
  expect(await notes.list("person/")).toHaveLength(50);
});

test("the number that paid last is one's own", async () => {
  const people = openPeople(memoryNotes());
  expect(await people.own()).toBeNull();
  await people.paidWith("254712345678");
  await people.paidWith("254700000001");
  expect(await people.own()).toBe("254700000001");
});
