import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { inTransaction } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import type { RailToken, RailTokenStore } from "../../app/rail-tokens.ts";

const rail = "daraja";

type Row = {
  generation: bigint;
  token: Buffer | null;
  obtained_at: Date | null;
  expires_at: Date | null;
};

/** Daraja's token in Postgres, encrypted with a key derived from the consumer secret (HKDF-SHA-256, AES-256-GCM). */
export function createDarajaTokenStore(
  database: Database,
  secret: string,
  now: () => number,
): RailTokenStore {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "satsconnect daraja token", 32));

  function readToken(row: Row | undefined): RailToken | null {
    if (row === undefined || row.token === null) return null;
    if (row.obtained_at === null || row.expires_at === null) return null;
    const token = decrypt(key, row.token);
    if (token === null) return null;
    return {
      token,
      generation: row.generation,
      obtainedAt: row.obtained_at.getTime(),
      expiresAt: row.expires_at.getTime(),
    };
  }

  return {
    read: async () => {
      const { rows } = await database.query<Row>("SELECT * FROM rail_tokens WHERE rail = $1", [
        rail,
      ]);
      return readToken(rows[0]);
    },
    replace: async (stale, fetch) => {
      await database.query(
        "INSERT INTO rail_tokens (rail, generation) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        [rail],
      );
      return inTransaction(database, async (transaction) => {
        const { rows } = await transaction.query<Row>(
          "SELECT * FROM rail_tokens WHERE rail = $1 FOR UPDATE",
          [rail],
        );
        const current = readToken(rows[0]);
        if (current !== null && current.generation !== stale) return current;
        const fresh = await fetch();
        if (fresh === null) return null;
        const obtainedAt = now();
        const { rows: stored } = await transaction.query<Row>(
          `UPDATE rail_tokens SET generation = generation + 1, token = $2, obtained_at = $3, expires_at = $4
            WHERE rail = $1 RETURNING *`,
          [
            rail,
            encrypt(key, fresh.token),
            new Date(obtainedAt),
            new Date(obtainedAt + fresh.lifetimeMs),
          ],
        );
        return readToken(stored[0]);
      });
    },
  };
}

function encrypt(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Returns null if the token was encrypted with another secret; the caller then fetches a new one. */
function decrypt(key: Buffer, sealed: Buffer): string | null {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}
