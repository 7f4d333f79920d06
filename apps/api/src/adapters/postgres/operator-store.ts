import { randomUUID } from "node:crypto";
import { inTransaction } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import type { Operator, OperatorStore, Passkey } from "../../app/admin/ports.ts";

/** Operators in Postgres. */
export function createOperatorStore(database: Database): OperatorStore {
  async function findByName(name: string): Promise<Operator | null> {
    const { rows } = await database.query<OperatorRow>("SELECT * FROM operators WHERE name = $1", [
      name,
    ]);
    return rows[0] === undefined ? null : readOperator(rows[0]);
  }

  return {
    list: async () => {
      const [operators, passkeys, enrolments] = await Promise.all([
        database.query<OperatorRow>("SELECT * FROM operators ORDER BY name"),
        database.query<PasskeyRow>(
          "SELECT * FROM operator_passkeys WHERE removed_at IS NULL ORDER BY created_at",
        ),
        database.query<{ operator_id: string; expires_at: Date }>(
          `SELECT operator_id, max(expires_at) AS expires_at FROM operator_enrolments
            WHERE used_at IS NULL AND expires_at > now() GROUP BY operator_id`,
        ),
      ]);
      return operators.rows.map((row) => ({
        operator: readOperator(row),
        passkeys: passkeys.rows.filter((key) => key.operator_id === row.id).map(readPasskey),
        enrolmentExpiresAt:
          enrolments.rows.find((one) => one.operator_id === row.id)?.expires_at.getTime() ?? null,
      }));
    },

    findByName,

    ensure: async (name, now) => {
      const found = await findByName(name);
      if (found !== null) return found;
      await database.query(
        "INSERT INTO operators (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [randomUUID(), name, new Date(now)],
      );
      const added = await findByName(name);
      if (added === null) throw new Error(`The operator ${name} is missing after it was added`);
      return added;
    },

    disable: (operatorId, now) =>
      inTransaction(database, async (transaction) => {
        await transaction.query(
          "UPDATE operators SET disabled_at = coalesce(disabled_at, $2) WHERE id = $1",
          [operatorId, new Date(now)],
        );
        await transaction.query("DELETE FROM operator_sessions WHERE operator_id = $1", [
          operatorId,
        ]);
        await transaction.query(
          "UPDATE operator_enrolments SET used_at = $2 WHERE operator_id = $1 AND used_at IS NULL",
          [operatorId, new Date(now)],
        );
      }),

    openEnrolment: ({ operatorId, tokenHash, now, expiresAt }) =>
      inTransaction(database, async (transaction) => {
        await transaction.query("UPDATE operators SET disabled_at = NULL WHERE id = $1", [
          operatorId,
        ]);
        await transaction.query("DELETE FROM operator_sessions WHERE operator_id = $1", [
          operatorId,
        ]);
        await transaction.query(
          `UPDATE operator_passkeys SET removed_at = $2 WHERE operator_id = $1 AND removed_at IS NULL`,
          [operatorId, new Date(now)],
        );
        await transaction.query(
          "UPDATE operator_enrolments SET used_at = $2 WHERE operator_id = $1 AND used_at IS NULL",
          [operatorId, new Date(now)],
        );
        await transaction.query(
          `INSERT INTO operator_enrolments (token_hash, operator_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4)`,
          [tokenHash, operatorId, new Date(now), new Date(expiresAt)],
        );
      }),

    findEnrolment: async (tokenHash, now) => {
      const { rows } = await database.query<OperatorRow & { link_expires_at: Date }>(
        `SELECT o.*, e.expires_at AS link_expires_at FROM operator_enrolments e
           JOIN operators o ON o.id = e.operator_id
          WHERE e.token_hash = $1 AND e.used_at IS NULL AND e.expires_at > $2
            AND o.disabled_at IS NULL`,
        [tokenHash, new Date(now)],
      );
      return rows[0] === undefined
        ? null
        : { operator: readOperator(rows[0]), expiresAt: rows[0].link_expires_at.getTime() };
    },

    enrol: (tokenHash, passkey, now) =>
      inTransaction(database, async (transaction) => {
        const link = await transaction.query(
          `SELECT FROM operator_enrolments
            WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND operator_id = $3 FOR UPDATE`,
          [tokenHash, new Date(now), passkey.operatorId],
        );
        if (link.rowCount !== 1) return false;
        const added = await transaction.query(
          `INSERT INTO operator_passkeys (credential_id, operator_id, public_key, counter, label, backed_up, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
          [
            passkey.credentialId,
            passkey.operatorId,
            Buffer.from(passkey.publicKey),
            passkey.counter,
            passkey.label,
            passkey.backedUp,
            new Date(now),
          ],
        );
        if (added.rowCount !== 1) return false;
        await transaction.query(
          "UPDATE operator_enrolments SET used_at = $2 WHERE token_hash = $1",
          [tokenHash, new Date(now)],
        );
        return true;
      }),

    addChallenge: async (challenge, expiresAt) => {
      await database.query(
        "INSERT INTO operator_challenges (challenge, expires_at) VALUES ($1, $2)",
        [challenge, new Date(expiresAt)],
      );
    },

    takeChallenge: async (challenge, now) => {
      const { rowCount } = await database.query(
        "DELETE FROM operator_challenges WHERE challenge = $1 AND expires_at > $2",
        [challenge, new Date(now)],
      );
      return rowCount === 1;
    },

    findPasskey: async (credentialId) => {
      const { rows } = await database.query<PasskeyRow>(
        "SELECT * FROM operator_passkeys WHERE credential_id = $1 AND removed_at IS NULL",
        [credentialId],
      );
      const [row] = rows;
      if (row === undefined) return null;
      const operators = await database.query<OperatorRow>("SELECT * FROM operators WHERE id = $1", [
        row.operator_id,
      ]);
      const [operator] = operators.rows;
      return operator === undefined
        ? null
        : { passkey: readPasskey(row), operator: readOperator(operator) };
    },

    passkeysOf: async (operatorId) => {
      const { rows } = await database.query<PasskeyRow>(
        "SELECT * FROM operator_passkeys WHERE operator_id = $1 AND removed_at IS NULL",
        [operatorId],
      );
      return rows.map(readPasskey);
    },

    countSignature: async (passkey, counter, now) => {
      const { rowCount } = await database.query(
        `UPDATE operator_passkeys SET counter = $2, last_used_at = $4
          WHERE credential_id = $1 AND counter = $3 AND removed_at IS NULL`,
        [passkey.credentialId, counter, passkey.counter, new Date(now)],
      );
      return rowCount === 1;
    },

    addSession: async ({ tokenHash, operatorId, credentialId, now, expiresAt }) => {
      await database.query(
        `INSERT INTO operator_sessions (token_hash, operator_id, credential_id, created_at, last_seen_at, expires_at)
           VALUES ($1, $2, $3, $4, $4, $5)`,
        [tokenHash, operatorId, credentialId, new Date(now), new Date(expiresAt)],
      );
    },

    findSession: async (tokenHash, now, maxIdleMs) => {
      const { rows } = await database.query<
        OperatorRow & { credential_id: string; last_seen_at: Date; session_expires_at: Date }
      >(
        `UPDATE operator_sessions s SET last_seen_at = $2
           FROM operators o, operator_passkeys k
          WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3
            AND o.id = s.operator_id AND o.disabled_at IS NULL
            AND k.credential_id = s.credential_id AND k.removed_at IS NULL
          RETURNING o.*, s.credential_id, s.last_seen_at, s.expires_at AS session_expires_at`,
        [tokenHash, new Date(now), new Date(now - maxIdleMs)],
      );
      const [row] = rows;
      return row === undefined
        ? null
        : {
            operator: readOperator(row),
            credentialId: row.credential_id,
            expiresAt: row.session_expires_at.getTime(),
            lastSeenAt: row.last_seen_at.getTime(),
          };
    },

    endSession: async (tokenHash) => {
      await database.query("DELETE FROM operator_sessions WHERE token_hash = $1", [tokenHash]);
    },

    deleteExpired: async (now) => {
      const at = [new Date(now)];
      await database.query("DELETE FROM operator_sessions WHERE expires_at <= $1", at);
      await database.query("DELETE FROM operator_challenges WHERE expires_at <= $1", at);
    },
  };
}

type OperatorRow = { id: string; name: string; created_at: Date; disabled_at: Date | null };

function readOperator(row: OperatorRow): Operator {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.getTime(),
    disabledAt: row.disabled_at?.getTime() ?? null,
  };
}

type PasskeyRow = {
  credential_id: string;
  operator_id: string;
  public_key: Buffer;
  counter: bigint;
  label: string;
  backed_up: boolean;
  created_at: Date;
  last_used_at: Date | null;
};

function readPasskey(row: PasskeyRow): Passkey {
  return {
    credentialId: row.credential_id,
    operatorId: row.operator_id,
    publicKey: new Uint8Array(row.public_key),
    counter: Number(row.counter),
    label: row.label,
    backedUp: row.backed_up,
    createdAt: row.created_at.getTime(),
    lastUsedAt: row.last_used_at?.getTime() ?? null,
  };
}
