import { createHash, randomUUIDv7 } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";

export type IdempotentCall = {
  readonly walletId: string;
  /** The route's id with the path's parameters: one key may serve two orders' routes without meeting itself. */
  readonly route: string;
  readonly key: string;
  readonly body: unknown;
};

type StoredAnswer = { readonly status: number; readonly body: unknown };

type Admission =
  | { readonly kind: "run"; readonly resourceId: string }
  | { readonly kind: "replay"; readonly answer: StoredAnswer };

type IdempotencyError = "idempotency_key_reused" | "idempotency_in_progress";

export type IdempotencyKeys = {
  /**
   * Admits one attempt at a time. The first gets `run`; later ones get the stored answer, or wait for it. An attempt
   * that died without an answer is followed by another with the same `resourceId`.
   */
  readonly begin: (call: IdempotentCall) => Promise<Result<Admission, IdempotencyError>>;
  readonly finish: (call: IdempotentCall, answer: StoredAnswer) => Promise<void>;
  /** Lets the next attempt run: this one did nothing, or does not know. */
  readonly release: (call: IdempotentCall) => Promise<void>;
  /** Forgets keys that are older than anybody would repeat. */
  readonly forgetOld: () => Promise<void>;
};

const leaseMs = 30_000;
const waitMs = 5_000;
const pollMs = 100;
const keptMs = 7 * 24 * 3_600_000;

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
        "This Idempotency-Key was used with another body. Use a new key for a new intention.",
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
    const taken = await database.query(
      `UPDATE idempotency_keys SET lease_until = $5
        WHERE wallet_id = $1 AND route = $2 AND key = $3 AND lease_until = $4 AND response_status IS NULL`,
      [...id, row.lease_until, leaseUntil],
    );
    return taken.rowCount === 1 ? ok({ kind: "run", resourceId: row.resource_id }) : inProgress();
  }

  return {
    begin: async (call) => {
      const requestHash = hashOf(call.body);
      const giveUpAt = now() + waitMs;
      for (;;) {
        const admission = await tryBegin(call, requestHash);
        const wait =
          !admission.ok && admission.error.code === "idempotency_in_progress" && now() < giveUpAt;
        if (!wait) return admission;
        await sleep(pollMs);
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
    forgetOld: async () => {
      await database.query("DELETE FROM idempotency_keys WHERE started_at < $1", [
        new Date(now() - keptMs),
      ]);
    },
  };
}

function inProgress() {
  return err(
    "idempotency_in_progress",
    "A request with this Idempotency-Key is still being worked on. Ask again in a moment.",
    "safe",
  );
}

/** The same for every order of the object's keys. */
function hashOf(body: unknown): Buffer {
  return createHash("sha256").update(canonicalJson(body)).digest();
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
