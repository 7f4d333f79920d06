import { err, ok } from "@satsconnect/money";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "../logger.ts";
import { GossipSnapshots } from "./gossip-snapshots.ts";

const hour = 3_600;
const ages = [hour, 24 * hour];

/** A node whose exports name what they contain, and are as long as their age. */
function scriptedNode() {
  const asked: (number | undefined)[] = [];
  let isUp = true;
  return {
    asked,
    fail: () => {
      isUp = false;
    },
    exportGossip: async (since?: number) => {
      asked.push(since);
      if (!isUp) return err("node_unavailable", "The node is restarting.", "safe");
      const time = Math.floor(Date.now() / 1_000);
      const text = since === undefined ? "full".padEnd(100) : `since ${since - time}`;
      const counts = { nodes: 2, channels: 1, updates: 2, leftOut: 0 };
      return ok({ bytes: new TextEncoder().encode(text), time, ...counts });
    },
  };
}

let snapshots: GossipSnapshots;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  snapshots = new GossipSnapshots({
    intervalMs: 600_000,
    logger: createLogger("silent"),
    agesSeconds: ages,
  });
});
afterEach(() => {
  snapshots.stop();
  vi.useRealTimers();
});
const find = (since: number): string | undefined => snapshots.find(since)?.body.toString().trim();

test("finds the smallest snapshot that contains everything since a time", async () => {
  expect(snapshots.find(0)).toBeUndefined();
  snapshots.start(scriptedNode());
  await vi.advanceTimersByTimeAsync(1);
  const now = Math.floor(Date.now() / 1_000);
  expect(find(0)).toBe("full");
  expect(find(now - 25 * hour)).toBe("full");
  expect(find(now - 24 * hour)).toBe("since -86400");
  expect(find(now - hour - 1)).toBe("since -86400");
  expect(find(now - hour)).toBe("since -3600");
  expect(find(now)).toBe("since -3600");
  // a clock that is ahead
  expect(find(now + hour)).toBe("since -3600");
});

test("works at its interval only, however many requests there are", async () => {
  const node = scriptedNode();
  snapshots.start(node);
  await vi.advanceTimersByTimeAsync(1);
  const etag = snapshots.find(0)?.etag;
  for (let request = 0; request < 10_000; request++) snapshots.find(request);
  expect(node.asked).toHaveLength(1 + ages.length);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(node.asked).toHaveLength(2 * (1 + ages.length));
  expect(snapshots.find(0)?.etag).toBe(etag);
  snapshots.stop();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(node.asked).toHaveLength(2 * (1 + ages.length));
});

test("serves the last snapshots while the node restarts", async () => {
  const node = scriptedNode();
  snapshots.start(node);
  await vi.advanceTimersByTimeAsync(1);
  node.fail();
  await vi.advanceTimersByTimeAsync(1_200_000);
  expect(find(0)).toBe("full");
});
