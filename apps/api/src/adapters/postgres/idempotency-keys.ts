import { randomUUIDv7 } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";
import { requestHashOf } from "../../app/idempotency.ts";
import type {
  Admission,
  IdempotencyError,
  IdempotencyKeys,
  IdempotentCall,
} from "../../app/idempotency.ts";

/** An attempt that has stored no answer after this long is considered dead, and the next one may run. */
const leaseMs = 30_000;
/** How long a repeated request waits for the first attempt's answer. */
const maxWaitMs = 5_000;
const pollIntervalMs = 100;
const retentionMs = 7 * 24 * 3_600_000;

type Row = {
  request_hash: Buffer;
  resource_id: string;
  lease_until: Date;
  response_status: number | null;
  response_body: unknown;
};

export function createIdempotencyKeys(database: Database, now: () => number): IdempotencyKeys {
  async function tryBegin(
    call: IdempotentCall,
    requestHash: Buffer,
  ): Promise<Result<Admission, IdempotencyError>> {
    const id = [call.walletId, call.route, call.key];
    const leaseUntil = new Date(now() + leaseMs);
    const inserted = await database.query<{ resource_id: string }>(
      `INSERT INTO idempotency_keys (wallet_id, route, key, request_hash, resource_id, started_at, lease_until)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING resource_id`,
      [...id, requestHash, randomUUIDv7(), new Date(now()), leaseUntil],
    );
    const fresh = inserted.rows[0];
    if (fresh !== undefined) return ok({ kind: "run", resourceId: fresh.resource_id });

    const { rows } = await database.query<Row>(
      `SELECT request_hash, resource_id, lease_until, response_status, response_body FROM idempotency_keys
        WHERE wallet_id = $1 AND route = $2 AND key = $3`,
      id,
    );
    const row = rows[0];
    if (row === undefined) return inProgress();
    if (!row.request_hash.equals(requestHash)) {
      return err(
        "idempotency_key_reused",
        "This Idempotency-Key was used with a different body. Use a new key for a new request.",
        "never",
      );
    }
    if (row.response_status !== null) {
      return ok({
        kind: "replay",
        answer: { status: row.response_status, body: row.response_body },
      });
    }
    if (row.lease_until.getTime() > now()) return inProgress();
    const renewed = await database.query(
      `UPDATE idempotency_keys SET lease_until = $5
        WHERE wallet_id = $1 AND route = $2 AND key = $3 AND lease_until = $4 AND response_status IS NULL`,
      [...id, row.lease_until, leaseUntil],
    );
    return renewed.rowCount === 1 ? ok({ kind: "run", resourceId: row.resource_id }) : inProgress();
  }

  return {
    begin: async (call) => {
      const requestHash = requestHashOf(call.body);
      const giveUpAt = now() + maxWaitMs;
      for (;;) {
        const admission = await tryBegin(call, requestHash);
        const wait =
          !admission.ok && admission.error.code === "idempotency_in_progress" && now() < giveUpAt;
        if (!wait) return admission;
        await sleep(pollIntervalMs);
      }
    },
    finish: async (call, answer) => {
      await database.query(
        `UPDATE idempotency_keys SET response_status = $4, response_body = $5
          WHERE wallet_id = $1 AND route = $2 AND key = $3 AND response_status IS NULL`,
        [call.walletId, call.route, call.key, answer.status, JSON.stringify(answer.body)],
      );
    },
    release: async (call) => {
      await database.query(
        `UPDATE idempotency_keys SET lease_until = $4
          WHERE wallet_id = $1 AND route = $2 AND key = $3 AND response_status IS NULL`,
        [call.walletId, call.route, call.key, new Date(now())],
      );
    },
    deleteExpired: async () => {
      await database.query("DELETE FROM idempotency_keys WHERE started_at < $1", [
        new Date(now() - retentionMs),
      ]);
    },
  };
}

function inProgress() {
  return err(
    "idempotency_in_progress",
    "A request with this Idempotency-Key is still in progress. Retry in a moment.",
    "safe",
  );
}
