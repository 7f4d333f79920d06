import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryMedium, memoryStore } from "@satsconnect/lightning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../logger.ts";
import { StateBehind, withStateCounter } from "./state-counter.ts";

const logger = createLogger("silent");
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "counter-"));
  file = join(folder, "seed.commits");
});
afterEach(() => rmSync(folder, { recursive: true }));

const counted = (medium: MemoryMedium, recovery = false) =>
  withStateCounter(memoryStore(medium), { file, recovery, logger });
const write = (number: number) => ({
  number,
  rows: [{ table: "t", key: "k", value: Uint8Array.of(number) }],
  events: [],
});
const recorded = (): number => Number(readFileSync(file, "latin1"));

/** Commits up to this number and releases the last one. */
async function commitTo(store: ReturnType<typeof counted>, number: number): Promise<void> {
  const { commitNumber } = await store.open();
  for (let next = commitNumber + 1; next <= number; next++) await store.commit(write(next));
  await store.released?.(number);
}

describe("the state counter", () => {
  test("21: refuses to start on a database that is older than what has left the process", async () => {
    const medium = new MemoryMedium();
    const store = counted(medium);
    await commitTo(store, 3);
    const older = medium.clone();
    for (const number of [4, 5]) await store.commit(write(number));
    await store.released?.(5);
    await store.close();
    await expect(counted(older).open()).rejects.toThrow(StateBehind);
    await expect(counted(older).open()).rejects.toThrow(/commit 3, and commit 5/u);
    // an empty database is older too
    await expect(counted(new MemoryMedium()).open()).rejects.toThrow(StateBehind);
    expect(await counted(medium).open()).toMatchObject({ commitNumber: 5 });
  });

  test("is written before the output of a commit leaves, and not before the commit", async () => {
    const medium = new MemoryMedium();
    const store = counted(medium);
    await store.open();
    for (let number = 1; number <= 20; number++) {
      await store.commit(write(number));
      expect(recorded() < number).toBe(true);
      await store.released?.(number);
      expect(recorded()).toBe(number);
    }
    // commits that are released together share a write
    for (let number = 21; number <= 30; number++) await store.commit(write(number));
    await Promise.all([store.released?.(25), store.released?.(30), store.released?.(21)]);
    expect(recorded()).toBe(30);
  });

  test("starts after a crash between the commit and the write of the counter", async () => {
    const medium = new MemoryMedium();
    const store = counted(medium);
    await commitTo(store, 3);
    await store.commit(write(4));
    expect(recorded()).toBe(3);
    expect(await counted(medium).open()).toMatchObject({ commitNumber: 4 });
  });

  test("lets a standby whose copy of the file is older take over, and never counts down", async () => {
    const medium = new MemoryMedium();
    await commitTo(counted(medium), 6);
    writeFileSync(file, "0000000000000002\n");
    const standby = counted(medium);
    expect(await standby.open()).toMatchObject({ commitNumber: 6 });
    await standby.released?.(1);
    expect(recorded()).toBe(2);
    await standby.commit(write(7));
    await standby.released?.(7);
    expect(recorded()).toBe(7);
  });

  test("recovery starts on an older database, and counts from its first commit", async () => {
    const medium = new MemoryMedium();
    await commitTo(counted(medium), 3);
    const older = medium.clone();
    await commitTo(counted(medium), 9);
    const recovering = counted(older, true);
    expect(await recovering.open()).toMatchObject({ commitNumber: 3 });
    // a crash before the first commit changes nothing
    await expect(counted(older).open()).rejects.toThrow(StateBehind);
    await recovering.open();
    await recovering.commit(write(4));
    await recovering.released?.(4);
    expect(recorded()).toBe(4);
    await recovering.close();
    expect(await counted(older).open()).toMatchObject({ commitNumber: 4 });
  });

  test("does not take a damaged file for a missing one", async () => {
    const medium = new MemoryMedium();
    await commitTo(counted(medium), 3);
    writeFileSync(file, "garbage");
    await expect(counted(medium).open()).rejects.toThrow(/does not contain a state counter/u);
  });
});
