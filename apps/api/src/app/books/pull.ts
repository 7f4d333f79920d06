import type { Logger } from "../logger.ts";
import type { PullCursors, PullRail, StatementStore } from "./ports.ts";

/*
 * Polls Pull Transactions, the second source of what customers paid. M-Pesa keeps 48 hours and may list a payment late, so
 * each poll reads the last hours again, and one in an hour reads everything that is kept.
 */

const keptMs = 48 * 3_600_000 - 10 * 60_000;
const overlapMs = 2 * 3_600_000;
const wideEveryMs = 3_600_000;
/** Longer than a poll takes: after this, another process may poll. */
const leaseMs = 5 * 60_000;
const maxPages = 1_000;

export type Pull = {
  /** Reads new lines into the statement. One process at a time. */
  readonly poll: () => Promise<void>;
};

export function createPull({
  rail,
  cursors,
  store,
  shortcode,
  log,
}: {
  readonly rail: PullRail;
  readonly cursors: PullCursors;
  readonly store: Pick<StatementStore, "add">;
  readonly shortcode: string;
  readonly log: Logger;
}): Pull {
  async function readPages(from: number, to: number): Promise<string | null> {
    let offset = 0;
    for (let page = 0; page < maxPages; page += 1) {
      const lines = await rail.query({ from, to, offset });
      if (!lines.ok) return lines.error.code;
      if (lines.value.length === 0) return null;
      offset += lines.value.length;
      await store.add({ shortcode, account: "utility", source: "pull" }, lines.value, null);
    }
    return "pull_endless";
  }

  async function pollOnce(): Promise<string | null> {
    const cursor = await cursors.lease(shortcode, leaseMs);
    if (cursor === null) return null;
    if (!cursor.isRegistered) {
      const registered = await rail.register();
      if (!registered.ok) return registered.error.code;
      await cursors.setRegistered(shortcode);
    }
    const { now, pulledUntil, wideAt } = cursor;
    const oldest = now - keptMs;
    const isWide = pulledUntil === null || wideAt === null || now - wideAt >= wideEveryMs;
    const from = isWide ? oldest : Math.max(oldest, pulledUntil - overlapMs);
    const failure = await readPages(from, now);
    if (failure !== null) return failure;
    const gap =
      pulledUntil !== null && pulledUntil < oldest ? ([pulledUntil, oldest] as const) : null;
    if (gap !== null) {
      log.error(
        { shortcode, from: new Date(gap[0]), to: new Date(gap[1]) },
        "Pull Transactions no longer has these times; import the statement file of these days",
      );
    }
    await cursors.advance(shortcode, { pulledUntil: now, wideAt: isWide ? now : null, gap });
    return null;
  }

  return {
    poll: async () => {
      const failure = await pollOnce();
      if (failure === null) return;
      log.warn({ shortcode, code: failure }, "Pull Transactions failed; retrying");
      await cursors.fail(shortcode, failure);
    },
  };
}
