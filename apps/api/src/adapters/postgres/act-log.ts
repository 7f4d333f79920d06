import { logEntryHash } from "@satsconnect/contracts/admin";
import type { LogEntry, LogSignature, RecordedAct } from "@satsconnect/contracts/admin";
import { fiat } from "@satsconnect/money";
import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { ActLog, LogStep, NewLogEntry } from "../../app/admin/ports.ts";
import { isEnd, recordedAct } from "../../app/admin/recorded-act.ts";

/** Serialises appends over all processes, because each entry has the hash of the one before. Unique in this database. */
const advisoryLockKey = 7_283_645_110n;
const noHash = "0".repeat(64);

/** The append-only log of operators' acts in Postgres. */
export function createActLog(database: Database): ActLog {
  async function actsOf(actIds: readonly string[]): Promise<readonly RecordedAct[]> {
    const { rows } = await database.query<EntryRow>(
      `SELECT * FROM operator_acts WHERE act_id = ANY ($1) ORDER BY number`,
      [actIds],
    );
    return actIds.flatMap((actId) => {
      const act = recordedAct(rows.filter((row) => row.act_id === actId).map(readEntry));
      return act === null ? [] : [act];
    });
  }

  async function actsWhere(
    condition: string,
    values: readonly unknown[],
    order = "p.number",
  ): Promise<readonly { readonly number: number; readonly act: RecordedAct }[]> {
    const { rows } = await database.query<{ number: bigint; act_id: string }>(
      `SELECT p.number, p.act_id FROM operator_acts p
         LEFT JOIN operator_acts a ON a.act_id = p.act_id AND a.step = 'approved'
         LEFT JOIN operator_acts e ON e.act_id = p.act_id
               AND e.step IN ('executed', 'refused', 'declined', 'expired')
        WHERE p.step = 'proposed' AND ${condition} ORDER BY ${order}`,
      [...values],
    );
    const acts = await actsOf(rows.map((row) => row.act_id));
    return rows.flatMap(({ number, act_id: actId }) => {
      const act = acts.find(({ id }) => id === actId);
      return act === undefined ? [] : [{ number: Number(number), act }];
    });
  }

  return {
    append: (entry, alone) =>
      inTransaction(database, async (transaction) => {
        await transaction.query("SELECT pg_advisory_xact_lock($1)", [advisoryLockKey]);
        const sum = alone === undefined ? 0n : await sumAlone(transaction, alone);
        const next = typeof entry === "function" ? entry(fiat("KES", sum)) : entry;
        if (!(await mayFollow(transaction, next.actId, next.step))) return false;
        const last = await transaction.query<{ number: bigint; hash: string }>(
          "SELECT number, hash FROM operator_acts ORDER BY number DESC LIMIT 1",
        );
        const { number, hash } = last.rows[0] ?? { number: 0n, hash: noHash };
        await insert(transaction, next, Number(number) + 1, hash);
        return true;
      }),

    find: async (actId) => (await actsOf([actId]))[0] ?? null,

    list: ({ status, orderId, before, limit }) =>
      actsWhere(
        `($1::text IS NULL OR coalesce(e.step, 'waiting') = $1) AND ($2::uuid IS NULL OR p.order_id = $2)
           AND ($3::bigint IS NULL OR p.number < $3)`,
        [status ?? null, orderId ?? null, before ?? null, limit],
        "p.number DESC LIMIT $4",
      ),

    unfinished: async (before) =>
      (
        await actsWhere(
          `e.number IS NULL AND CASE WHEN p.needs_second_person THEN a.at < $1 ELSE p.at < $1 END`,
          [new Date(before)],
        )
      ).map(({ act }) => act),

    overdue: async (now) =>
      (
        await actsWhere("e.number IS NULL AND a.number IS NULL AND p.needs_second_person", [])
      ).flatMap(({ act }) => (Date.parse(act.expiresAt) <= now ? [act] : [])),

    sumAlone: async (operatorId, since) =>
      fiat("KES", await sumAlone(database, { operatorId, since })),

    read: async ({ after, limit, newestFirst }) => {
      const { rows } = await database.query<EntryRow>(
        newestFirst
          ? `SELECT * FROM operator_acts WHERE number > $1 ORDER BY number DESC LIMIT $2`
          : `SELECT * FROM operator_acts WHERE number > $1 ORDER BY number LIMIT $2`,
        [after, limit],
      );
      const last = await database.query<{ last: bigint | null }>(
        "SELECT max(number) AS last FROM operator_acts",
      );
      return { entries: rows.map(readEntry), last: Number(last.rows[0]?.last ?? 0n) };
    },
  };
}

/** The sum that an operator has moved without a second person since then, without refused acts. */
async function sumAlone(
  database: Queryable,
  { operatorId, since }: { readonly operatorId: string; readonly since: number },
): Promise<bigint> {
  const { rows } = await database.query<{ sum: string }>(
    `SELECT coalesce(sum(p.amount_kes_cents), 0) AS sum FROM operator_acts p
      WHERE p.step = 'proposed' AND NOT p.needs_second_person AND p.operator_id = $1 AND p.at >= $2
        AND NOT EXISTS (SELECT FROM operator_acts e WHERE e.act_id = p.act_id AND e.step = 'refused')`,
    [operatorId, new Date(since)],
  );
  return BigInt(rows[0]?.sum ?? "0");
}

/** Whether the log allows the step: an act is proposed first, approved once, and ends once. */
async function mayFollow(database: Queryable, actId: string, step: LogStep): Promise<boolean> {
  const { rows } = await database.query<{ step: LogStep }>(
    "SELECT step FROM operator_acts WHERE act_id = $1",
    [actId],
  );
  const steps = rows.map((row) => row.step);
  if (step === "enrolled" || step === "signed_in") return true;
  if (step === "proposed") return steps.length === 0;
  if (!steps.includes("proposed") || steps.some(isEnd)) return false;
  if (step === "executed" || step === "refused") return true;
  return !steps.includes("approved");
}

async function insert(
  database: Queryable,
  next: NewLogEntry,
  number: number,
  previousHash: string,
): Promise<void> {
  const entry: Omit<LogEntry, "hash"> = {
    number,
    actId: next.actId,
    step: next.step,
    at: new Date(next.at).toISOString(),
    operator: next.operator === null ? null : { id: next.operator.id, name: next.operator.name },
    via: next.via,
    body: next.body,
    signature: next.signature,
    previousHash,
  };
  await database.query(
    `INSERT INTO operator_acts (number, act_id, step, at, operator_id, operator_name, via, order_id, amount_kes_cents,
                                needs_second_person, body, signature, previous_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      number,
      next.actId,
      next.step,
      new Date(next.at),
      next.operator?.id ?? null,
      next.operator?.name ?? null,
      next.via,
      next.orderId,
      next.amountKesCents,
      next.needsSecondPerson,
      next.body,
      next.signature === null ? null : JSON.stringify(next.signature),
      previousHash,
      logEntryHash(entry),
    ],
  );
}

type EntryRow = {
  number: bigint;
  act_id: string;
  step: LogStep;
  at: Date;
  operator_id: string | null;
  operator_name: string | null;
  via: LogEntry["via"];
  body: string;
  signature: LogSignature | null;
  previous_hash: string;
  hash: string;
};

function readEntry(row: EntryRow): LogEntry {
  return {
    number: Number(row.number),
    actId: row.act_id,
    step: row.step,
    at: row.at.toISOString(),
    operator:
      row.operator_id === null || row.operator_name === null
        ? null
        : { id: row.operator_id, name: row.operator_name },
    via: row.via,
    body: row.body,
    signature: row.signature,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
