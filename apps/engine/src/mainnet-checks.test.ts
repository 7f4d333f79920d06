import { expect, test } from "vitest";
import { ldkReview } from "./ldk-review.ts";
import { mainnetRefusals } from "./mainnet-checks.ts";
import type { Deployment } from "./mainnet-checks.ts";

const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
const sound: Deployment = {
  nowMs: Date.UTC(2027, 0, 31),
  ldkVersion: ldkReview.lastFixes.join("."),
  ldkReviewedOn: "2027-01-20",
  databaseUrl: "postgres://engine:x@db.internal:5432/engine",
  databaseSettings: { fsync: "on", full_page_writes: "on", synchronous_commit: "on" },
  backupTestedOn: "2027-01-01",
  secrets: [
    { name: "SEED_FILE", bytes: secret },
    { name: "STATE_KEY_FILE", bytes: secret },
  ],
};
const refusals = (change: Partial<Deployment>) => mainnetRefusals({ ...sound, ...change });

test("accepts a sound deployment", () => {
  expect(mainnetRefusals(sound)).toEqual([]);
});

test.each([
  ["an LDK without the last fixes", { ldkVersion: "0.2.7" }, "LDK 0.2.7"],
  [
    "a review of LDK too long ago",
    { nowMs: Date.UTC(2100, 0, 31), backupTestedOn: "2100-01-01" },
    "LDK_REVIEWED_ON",
  ],
  [
    "the embedded database",
    { databaseUrl: "postgres://satsconnect:x@127.0.0.1:55432/engine" },
    "embedded",
  ],
  ["a database without fsync", { databaseSettings: { fsync: "off" } }, "fsync off"],
  ["no restore drill", { backupTestedOn: undefined }, "BACKUP_TESTED_ON"],
  ["a restore drill in the future", { backupTestedOn: "2027-03-01" }, "BACKUP_TESTED_ON"],
  ["a restore drill too long ago", { backupTestedOn: "2026-06-01" }, "92 days"],
  [
    "a default key",
    { secrets: [{ name: "STATE_KEY_FILE", bytes: new Uint8Array(32) }] },
    "STATE_KEY_FILE does not contain a random secret",
  ],
])("refuses %s", (_name, change, reason) => {
  const found = refusals(change);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(reason);
});
