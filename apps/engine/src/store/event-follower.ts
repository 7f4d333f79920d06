import { setTimeout as sleep } from "node:timers/promises";
import type { NodeEvent } from "@satsconnect/lightning";
import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { Logger } from "../logger.ts";

const retryMs = 2_000;
/** While events are ignored, store the cursor only once it has advanced by this much. */
const cursorInterval = 500;

export type EventSource = (afterSequence: number, signal: AbortSignal) => AsyncIterable<NodeEvent>;

/**
 * Passes the node's events to `handle` in order. `handle` returns whether it used the event. The writes of `handle`
 * and the cursor are committed in one transaction, so a used event is delivered exactly once; ignored ones may be
 * delivered again after a restart. Retries after a failure, for example while the database is unreachable.
 */
export function followEvents(options: {
  readonly name: string;
  readonly database: Database;
  readonly events: EventSource;
  readonly handle: (event: NodeEvent, transaction: Queryable) => Promise<boolean>;
  readonly logger: Logger;
}): { readonly stop: () => Promise<void> } {
  const { name, database, logger } = options;
  const abort = new AbortController();

  async function follow(): Promise<void> {
    const { rows } = await database.query<{ sequence: bigint }>(
      "SELECT sequence FROM event_cursor WHERE follower = $1",
      [name],
    );
    let stored = Number(rows[0]?.sequence ?? 0n);
    for await (const event of options.events(stored, abort.signal)) {
      await inTransaction(database, async (transaction) => {
        const handled = await options.handle(event, transaction);
        if (!handled && event.sequence - stored < cursorInterval) return;
        await transaction.query(
          `INSERT INTO event_cursor (follower, sequence) VALUES ($1, $2)
           ON CONFLICT (follower) DO UPDATE SET sequence = excluded.sequence`,
          [name, event.sequence],
        );
        stored = event.sequence;
      });
    }
  }

  const running = (async () => {
    while (!abort.signal.aborted) {
      try {
        await follow();
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        logger.warn({ follower: name, reason }, "event follower failed; retrying");
        await sleep(retryMs, undefined, { signal: abort.signal }).catch(() => {});
      }
    }
  })();
  return {
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}
