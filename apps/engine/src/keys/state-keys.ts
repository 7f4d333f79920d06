import { setTimeout as sleep } from "node:timers/promises";
import { DecryptionFailed, WriterFenced, newKeyRing } from "@satsconnect/lightning";
import type { CommitStore, KeyRing } from "@satsconnect/lightning";
import { encryptAgain } from "@satsconnect/lightning/nodejs";
import type { PostgresStore, ValuePlace } from "@satsconnect/lightning/nodejs";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { inTransaction } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import { ConfigurationError } from "../config.ts";
import type { Logger } from "../logger.ts";
import { rotationPolicy } from "../policy.ts";

/** Stored state needs a key that `STATE_KEY_FILE` does not have. */
export class StateKeyMissing extends Error {
  override readonly name = "StateKeyMissing";
}

type StateKey = {
  readonly id: string;
  readonly current: boolean;
  /** `STATE_KEY_FILE` had it when it was last read. */
  readonly inFile: boolean;
  /** Stored values under it. */
  readonly values: bigint;
  /** When no value was left under it; null before that. */
  readonly emptiedAt: number | null;
};

type Rotation = {
  readonly keyId: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** Values looked at so far, in all passes. */
  readonly looked: bigint;
  /** Values encrypted again so far. */
  readonly replaced: bigint;
  /** Why it stopped before its end; it goes on at the next start. Null when it did not. */
  readonly failure: string | null;
};

type StateKeysStatus = {
  readonly keys: readonly StateKey[];
  /** The last rotation; null when there was none. */
  readonly rotation: Rotation | null;
};

type RotateErrorCode =
  | "state_key_not_added"
  | "state_key_used"
  | "state_key_rotating"
  | "state_key_unreadable";

/** The operator's calls for the keys of the node's state. */
export type StateKeyCalls = {
  /** Begins to use the last key of `STATE_KEY_FILE`, and to encrypt everything again under it, in the background. */
  readonly rotate: () => Promise<Result<{ readonly keyId: string }, RotateErrorCode>>;
  /** Counts the values under each key: reads all of them. */
  readonly status: () => Promise<StateKeysStatus>;
};

export type StateKeys = StateKeyCalls & {
  readonly ring: KeyRing;
  /**
   * The store, which at each `open` makes the current key known to the ring and then calls `onLease`. `open` throws
   * StateKeyMissing, and what `onLease` throws.
   */
  readonly checkedAtOpen: (store: CommitStore, onLease: () => Promise<void>) => CommitStore;
  /** For a standby: reads the file again when the running engine uses a key that this one lacks, and logs if it stays so. */
  readonly watch: () => Promise<void>;
  /** Continues a rotation that an earlier run has not finished. */
  readonly resume: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type KeyRow = { key_id: string; emptied_at: Date | null };
type RotationRow = {
  key_id: string;
  started_at: Date;
  finished_at: Date | null;
  pass: number;
  pass_left: bigint;
  place: ValuePlace | null;
  looked: bigint;
  replaced: bigint;
  failure: string | null;
};

/**
 * The keys of the node's state: from `STATE_KEY_FILE`, one in each line. The database says by id which of them is
 * current, so that a new line changes nothing before the operator rotates, and engine and standby agree.
 * @param options.readKeys reads the file; called again by `rotate`, and when a key is missing.
 * @throws StateKeyMissing, or what `readKeys` throws.
 */
export async function openStateKeys(options: {
  readonly database: Database;
  /** The store under the encryption. */
  readonly store: PostgresStore;
  readonly readKeys: () => Promise<readonly Uint8Array<ArrayBuffer>[]>;
  readonly logger: Logger;
}): Promise<StateKeys> {
  const { database, store, logger } = options;
  const initial = await options.readKeys();
  const ring = await newKeyRing(initial);
  for (const key of initial) key.fill(0);
  let inFile = ring.ids();
  let running: Promise<void> = Promise.resolve();
  let starting = false;
  let watchedAt = 0;
  let warned = false;
  const stopping = new AbortController();

  async function readAgain(): Promise<void> {
    const keys = await options.readKeys();
    const ids: string[] = [];
    for (const key of keys) {
      ids.push(await ring.add(key));
      key.fill(0);
    }
    inFile = ids;
  }

  const storedKeys = async (): Promise<readonly KeyRow[]> => {
    const { rows } = await database.query<KeyRow>(
      "SELECT key_id, emptied_at FROM state_key ORDER BY number",
    );
    return rows;
  };
  const storedRotation = async (): Promise<RotationRow | undefined> => {
    const { rows } = await database.query<RotationRow>(
      "SELECT * FROM state_key_rotation WHERE id = 1",
    );
    return rows[0];
  };
  const missingOf = (rows: readonly KeyRow[]): readonly string[] =>
    rows
      .filter(({ key_id, emptied_at }) => emptied_at === null && !ring.ids().includes(key_id))
      .map(({ key_id }) => key_id);

  async function check(): Promise<readonly KeyRow[]> {
    const rows = await storedKeys();
    if (missingOf(rows).length > 0) await readAgain();
    const missing = missingOf(rows);
    if (missing.length > 0) {
      throw new StateKeyMissing(
        `STATE_KEY_FILE does not have the key ${missing.join(" or ")}, which stored state needs; it has ` +
          `${inFile.join(", ")}. Add the missing key as a line of the file. Nothing was changed.`,
      );
    }
    return rows;
  }

  /** The first start with this table: finds the key that older versions have used. */
  async function firstKey(): Promise<string> {
    const { values } = await store.valuesAfter(undefined, 1, Uint8Array.of(0));
    const [first] = values;
    if (first === undefined || first.place.kind !== "row") return ring.current();
    const { table, key } = first.place;
    const id = await ring.keyOf(`row/${table}/${key}`, first.value);
    if (id === undefined) {
      throw new StateKeyMissing(
        `No key of STATE_KEY_FILE opens the stored state; it has ${inFile.join(", ")}. Nothing was changed.`,
      );
    }
    return id;
  }

  async function refresh(): Promise<void> {
    let rows = await check();
    if (rows.length === 0) {
      await database.query(
        `INSERT INTO state_key (key_id) SELECT $1 WHERE ${store.fence()} ON CONFLICT DO NOTHING`,
        [await firstKey()],
      );
      rows = await check();
    }
    const current = rows.at(-1);
    if (current === undefined) throw new WriterFenced("another writer has taken over");
    await ring.use(current.key_id);
  }

  /** One batch. @returns true at the end of the rotation. */
  async function step(rotation: RotationRow): Promise<boolean> {
    const { looked, left, replaced, last } = await encryptAgain(
      store,
      ring,
      rotation.place ?? undefined,
      rotationPolicy.batch,
    );
    const passEnds = last === undefined;
    const passLeft = rotation.pass_left + BigInt(left);
    if (passEnds && passLeft === 0n) {
      await database.query(
        `WITH done AS (
           UPDATE state_key_rotation SET finished_at = now(), looked = looked + $1, place = NULL
            WHERE id = 1 AND ${store.fence()} RETURNING key_id
         )
         UPDATE state_key SET emptied_at = now() FROM done
          WHERE state_key.key_id <> done.key_id AND emptied_at IS NULL`,
        [looked],
      );
      return true;
    }
    await database.query(
      `UPDATE state_key_rotation
          SET place = $1, looked = looked + $2, replaced = replaced + $3, pass_left = $4, pass = pass + $5, failure = NULL
        WHERE id = 1 AND ${store.fence()}`,
      [
        last === undefined ? null : JSON.stringify(last),
        looked,
        replaced,
        passEnds ? 0n : passLeft,
        passEnds ? 1 : 0,
      ],
    );
    return false;
  }

  async function run(): Promise<void> {
    const { signal } = stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const rotation = await storedRotation();
        if (rotation === undefined || rotation.finished_at !== null) return;
        if (await step(rotation)) {
          logger.info(
            { key: rotation.key_id },
            "the state key is rotated; old keys are not needed",
          );
          return;
        }
        failures = 0;
        await sleep(rotationPolicy.pauseMs, undefined, { signal }).catch(() => {});
      } catch (error) {
        if (error instanceof WriterFenced) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (error instanceof DecryptionFailed) {
          logger.error({ reason }, "the rotation of the state key has stopped");
          await database
            .query(`UPDATE state_key_rotation SET failure = $1 WHERE id = 1`, [reason])
            .catch(() => {});
          return;
        }
        failures += 1;
        if (failures === 1) logger.warn({ reason }, "the rotation of the state key retries");
        await sleep(rotationPolicy.retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  function start(): void {
    running = running.then(run);
  }

  async function rotate(): Promise<Result<{ readonly keyId: string }, RotateErrorCode>> {
    try {
      await readAgain();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return err("state_key_unreadable", error.message, "safe");
    }
    const [rows, rotation] = await Promise.all([storedKeys(), storedRotation()]);
    const target = inFile.at(-1) ?? "";
    if (target === ring.current()) {
      return err(
        "state_key_not_added",
        `The last key of STATE_KEY_FILE, ${target}, is already the current one. Add a new key as the last line first.`,
        "never",
      );
    }
    if (rotation !== undefined && rotation.finished_at === null) {
      return err(
        "state_key_rotating",
        `The rotation to the key ${rotation.key_id} has not ended${rotation.failure === null ? "" : `: ${rotation.failure}`}.`,
        "safe",
      );
    }
    if (rows.some(({ key_id }) => key_id === target)) {
      return err(
        "state_key_used",
        `The last key of STATE_KEY_FILE, ${target}, has been in use before. Add a new key as the last line.`,
        "never",
      );
    }
    const { rowCount } = await database.query(
      `WITH key AS (INSERT INTO state_key (key_id) SELECT $1 WHERE ${store.fence()} RETURNING key_id)
       INSERT INTO state_key_rotation (id, key_id) SELECT 1, key_id FROM key
       ON CONFLICT (id) DO UPDATE SET key_id = excluded.key_id, started_at = now(), finished_at = NULL,
         pass = 1, pass_left = 0, place = NULL, looked = 0, replaced = 0, failure = NULL`,
      [target],
    );
    if (rowCount !== 1) throw new WriterFenced("another writer has taken over");
    await ring.use(target);
    logger.info({ key: target }, "the state key is being rotated");
    start();
    return ok({ keyId: target });
  }

  async function status(): Promise<StateKeysStatus> {
    const { keys, counts } = await inTransaction(database, async (transaction) => {
      await transaction.query(`SET LOCAL statement_timeout = ${rotationPolicy.countTimeoutMs}`);
      const counted = await transaction.query<{ id: string; values: bigint }>(
        `SELECT CASE get_byte("value", 0) WHEN 2 THEN encode(substring("value" FROM 2 FOR 8), 'hex') ELSE '' END AS id,
                count(*) AS values
           FROM (SELECT "value" FROM lightning.node_rows UNION ALL SELECT "value" FROM lightning.node_events) stored
          GROUP BY 1`,
      );
      const stored = await transaction.query<KeyRow>(
        "SELECT key_id, emptied_at FROM state_key ORDER BY number",
      );
      return { keys: stored.rows, counts: counted.rows };
    });
    const valuesOf = (id: string): bigint => counts.find((one) => one.id === id)?.values ?? 0n;
    const rotation = await storedRotation();
    return {
      keys: keys.map(({ key_id, emptied_at }, index) => ({
        id: key_id,
        current: index === keys.length - 1,
        inFile: inFile.includes(key_id),
        // values that do not name their key are from before there was a second one
        values: valuesOf(key_id) + (index === 0 ? valuesOf("") : 0n),
        emptiedAt: emptied_at?.getTime() ?? null,
      })),
      rotation:
        rotation === undefined
          ? null
          : {
              keyId: rotation.key_id,
              startedAt: rotation.started_at.getTime(),
              finishedAt: rotation.finished_at?.getTime() ?? null,
              looked: rotation.looked,
              replaced: rotation.replaced,
              failure: rotation.failure,
            },
    };
  }

  await check();
  return {
    ring,
    checkedAtOpen: (encrypted, onLease) => ({
      ...encrypted,
      async open() {
        const position = await encrypted.open();
        try {
          await refresh();
          await onLease();
        } catch (error) {
          await encrypted.close().catch(() => {});
          throw error;
        }
        return position;
      },
    }),
    async watch() {
      if (Date.now() - watchedAt < rotationPolicy.watchMs) return;
      watchedAt = Date.now();
      try {
        await check();
        if (warned) logger.info("this standby has all state keys again");
        warned = false;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!warned) logger.error({ reason }, "this standby cannot take over");
        warned = true;
      }
    },
    async rotate() {
      if (starting) return err("state_key_rotating", "A rotation is starting.", "safe");
      starting = true;
      try {
        return await rotate();
      } finally {
        starting = false;
      }
    },
    status,
    async resume() {
      const rotation = await storedRotation();
      if (rotation === undefined || rotation.finished_at !== null) return;
      logger.info({ key: rotation.key_id }, "the rotation of the state key continues");
      start();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
