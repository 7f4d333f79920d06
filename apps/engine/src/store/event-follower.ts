import { setTimeout as sleep } from "node:timers/promises";
import type { NodeEvent } from "@satsconnect/lightning";
import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { Logger } from "../logger.ts";

const tryAgainMs = 2_000;
/** Events that concern nobody still move the cursor, now and then. */
const cursorEvery = 500;

export type EventSource = (afterSequence: number, signal: AbortSignal) => AsyncIterable<NodeEvent>;

/**
 * Takes the node's events in, in order, each once: what `take` writes and the place to go on from are one transaction.
 * `take` answers false for an event that does not concern it. A database that is away is met again later.
 */
export function followEvents(options: {
  readonly name: string;
  readonly database: Database;
  readonly events: EventSource;
  readonly take: (event: NodeEvent, transaction: Queryable) => Promise<boolean>;
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
        const concerned = await options.take(event, transaction);
        if (!concerned && event.sequence - stored < cursorEvery) return;
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
        logger.warn({ follower: name, reason }, "the node's events are not followed now");
        await sleep(tryAgainMs, undefined, { signal: abort.signal }).catch(() => {});
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
