import { createHash } from "node:crypto";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";

type Purpose = "pay" | "claim" | "refund" | "invoice" | "channel";
type Terms = readonly (string | bigint | number | boolean)[];

/** Records the request that each idempotency key was first used for. */
export type RequestKeys = {
  /** Binds the key to a purpose and its terms for good. Succeeds again for the same purpose and terms. */
  readonly bind: (
    key: string,
    purpose: Purpose,
    terms: Terms,
  ) => Promise<Result<void, "idempotency_conflict">>;
};

/** Uniqueness is enforced by Postgres, so it also holds between two engines. */
export function postgresRequestKeys(database: Database): RequestKeys {
  return {
    async bind(key, purpose, terms) {
      const digest = digestOf(terms);
      const { rows } = await database.query<{ purpose: string; terms: Buffer }>(
        `WITH bound AS (
           INSERT INTO request_key (idempotency_key, purpose, terms) VALUES ($1, $2, $3)
           ON CONFLICT (idempotency_key) DO NOTHING RETURNING purpose, terms
         )
         SELECT * FROM bound
         UNION ALL SELECT purpose, terms FROM request_key WHERE idempotency_key = $1`,
        [key, purpose, digest],
      );
      // No row: a concurrent call has just inserted the key, which this statement's snapshot does not contain.
      const row =
        rows[0] ??
        (
          await database.query<{ purpose: string; terms: Buffer }>(
            "SELECT purpose, terms FROM request_key WHERE idempotency_key = $1",
            [key],
          )
        ).rows[0];
      return row !== undefined && row.purpose === purpose && row.terms.equals(digest)
        ? ok(undefined)
        : conflict();
    },
  };
}

/** In memory, for tests. */
export function memoryRequestKeys(): RequestKeys {
  const bound = new Map<string, string>();
  return {
    async bind(key, purpose, terms) {
      const use = `${purpose}/${digestOf(terms).toString("hex")}`;
      const known = bound.get(key) ?? use;
      bound.set(key, known);
      return known === use ? ok(undefined) : conflict();
    },
  };
}

function conflict() {
  return err(
    "idempotency_conflict",
    "This idempotency key was already used for a different request.",
    "never",
  );
}

function digestOf(terms: Terms): Buffer {
  return createHash("sha256")
    .update(JSON.stringify(terms.map((term) => [typeof term, String(term)])))
    .digest();
}
