import { expect, test } from "vitest";
import { memoryKeyValueStore } from "./key-value-store.ts";
import { openContacts } from "./contacts.ts";

test("lists each recipient once, latest first, with the name M-Pesa gave last", async () => {
  const contacts = openContacts(memoryKeyValueStore());
  await contacts.rememberRecipient({ msisdn: "254712345678", name: null, at: 1 });
  await contacts.rememberRecipient({ msisdn: "254700000002", name: "JANE WANJIKU", at: 2 });
  await contacts.rememberRecipient({ msisdn: "254712345678", name: "PETER OTIENO", at: 3 });
  expect(await contacts.recipients()).toEqual([
    { msisdn: "254712345678", name: "PETER OTIENO", at: 3 },
    { msisdn: "254700000002", name: "JANE WANJIKU", at: 2 },
  ]);
});

test("returns ten recipients and stores at most fifty", async () => {
  const store = memoryKeyValueStore();
  const contacts = openContacts(store);
  for (let at = 0; at < 60; at += 1)
    await contacts.rememberRecipient({
      msisdn: `2547${String(at).padStart(8, "0")}`,
      name: null,
      at,
    });
  const shown = await contacts.recipients();
  expect(shown.map(({ at }) => at)).toEqual([59, 58, 57, 56, 55, 54, 53, 52, 51, 50]);
  expect(await store.list("person/")).toHaveLength(50);
});

test("takes the number that paid last as the holder's own", async () => {
  const contacts = openContacts(memoryKeyValueStore());
  expect(await contacts.ownNumber()).toBeNull();
  await contacts.rememberOwnNumber("254712345678");
  await contacts.rememberOwnNumber("254700000001");
  expect(await contacts.ownNumber()).toBe("254700000001");
});
