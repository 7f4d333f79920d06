import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCommitStore } from "./conformance.ts";
import { MemoryMedium, memoryStore } from "./memory-store.ts";
import { sqliteStore } from "./sqlite-store.ts";

describeCommitStore("memory", async () => {
  const medium = new MemoryMedium();
  return { reopen: () => memoryStore(medium), remove: async () => {} };
});

describeCommitStore("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lightning-store-"));
  return {
    reopen: () => sqliteStore(join(folder, "node.sqlite")),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
