import type { Queryable } from "@satsconnect/postgres";
import { pauseKinds } from "../lightning/pauses.ts";
import type { Pause, PauseKind, Pauses } from "../lightning/pauses.ts";
import type { Logger } from "../logger.ts";

type Row = { kind: PauseKind; paused: boolean; reason: string; changed_at: Date };

const readIntervalMs = 2_000;

export type StoredPauses = Pauses & {
  /** Reads the pauses from the database now. */
  readonly refresh: () => Promise<void>;
  /** Names what tells the node about forwards: called now if they have ever been paused, and at each change from now on. */
  readonly onForwards: (apply: (paused: boolean) => Promise<void>) => Promise<void>;
  readonly stop: () => void;
};

/**
 * The pauses in the database, read again every few seconds: they hold for whichever engine runs the node, also when they
 * were set through another one.
 */
export async function postgresPauses(database: Queryable, logger: Logger): Promise<StoredPauses> {
  const pauses = new Map<PauseKind, Pause>();
  let applyForwards: ((paused: boolean) => Promise<void>) | undefined;
  /** The state of forwards that the node last confirmed; undefined before that and after a failure. */
  let appliedForwards: boolean | undefined;
  const isPaused = (kind: PauseKind): boolean => pauses.get(kind)?.paused === true;

  function put(pause: Pause): void {
    const before = isPaused(pause.kind);
    pauses.set(pause.kind, pause);
    const { kind, reason } = pause;
    if (!before && pause.paused) logger.warn({ kind, reason }, "paused by the operator");
    if (before && !pause.paused) logger.warn({ kind, reason }, "resumed by the operator");
  }

  /** A node that is restarting does not answer: the next refresh tries again. */
  async function tellNode(): Promise<void> {
    const paused = isPaused("forwards");
    if (applyForwards === undefined || !pauses.has("forwards") || appliedForwards === paused)
      return;
    appliedForwards = undefined;
    await applyForwards(paused);
    appliedForwards = paused;
  }

  async function refresh(): Promise<void> {
    const { rows } = await database.query<Row>("SELECT * FROM pause");
    for (const { kind, paused, reason, changed_at } of rows) {
      const known = pauses.get(kind);
      // Older than what `set` has just put into effect and is still writing.
      if (known !== undefined && known.changedAt > changed_at.getTime()) continue;
      put({ kind, paused, reason, changedAt: changed_at.getTime() });
    }
    await tellNode();
  }

  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) =>
      logger.warn({ reason: error instanceof Error ? error.message : "?" }, "pauses not read"),
    );
  }, readIntervalMs);
  timer.unref();
  return {
    isPaused,
    list: () =>
      pauseKinds.map(
        (kind) => pauses.get(kind) ?? { kind, paused: false, reason: "", changedAt: 0 },
      ),
    async set(kind, paused, reason) {
      // At once: an operator who pauses must not wait for a database in trouble.
      if (paused) {
        put({ kind, paused, reason, changedAt: Number.MAX_SAFE_INTEGER });
        if (kind === "forwards") await tellNode();
      }
      const { rows } = await database.query<Row>(
        `INSERT INTO pause (kind, paused, reason) VALUES ($1, $2, $3)
         ON CONFLICT (kind) DO UPDATE
           SET paused = excluded.paused, reason = excluded.reason, changed_at = clock_timestamp()
         RETURNING *`,
        [kind, paused, reason],
      );
      const changedAt = rows[0]?.changed_at.getTime() ?? 0;
      put({ kind, paused, reason, changedAt });
      await tellNode();
    },
    refresh,
    // Also when they have been resumed: the last engine may have stopped before it gave its channels their terms back.
    async onForwards(apply) {
      applyForwards = apply;
      appliedForwards = undefined;
      await tellNode();
    },
    stop: () => clearInterval(timer),
  };
}

/** In memory, for tests. */
export function memoryPauses(now: () => number): Pauses {
  const pauses = new Map<PauseKind, Pause>();
  return {
    isPaused: (kind) => pauses.get(kind)?.paused === true,
    list: () =>
      pauseKinds.map(
        (kind) => pauses.get(kind) ?? { kind, paused: false, reason: "", changedAt: 0 },
      ),
    async set(kind, paused, reason) {
      pauses.set(kind, { kind, paused, reason, changedAt: now() });
    },
  };
}
