import { randomUUIDv7 } from "node:crypto";
import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type {
  Device,
  NewRefreshToken,
  RevocationReason,
  SessionStore,
  SessionTransaction,
} from "../../app/auth/session-store.ts";

/** A device that opens more sessions than this loses its oldest ones. */
const maxSessionsPerDevice = 5;

export function createSessionStore(database: Database): SessionStore {
  return {
    transaction: (work) =>
      inTransaction(database, (transaction) => work(sessionTransaction(transaction))),
    findWalletId: (nodeId) => findWalletId(database, nodeId),
    isSessionLive: (sessionId) => isSessionLive(database, sessionId),
    revokeSession: (sessionId, reason, now) => revokeSession(database, sessionId, reason, now),
    listLiveDevices: (walletId) => listLiveDevices(database, walletId),
    revokeDevice: (walletId, deviceId, now) => revokeDevice(database, walletId, deviceId, now),
    deleteExpired: (now) => deleteExpired(database, now),
  };
}

function sessionTransaction(transaction: Queryable): SessionTransaction {
  return {
    useLoginNonce: (nodeId, nonce, expiresAt) =>
      useLoginNonce(transaction, nodeId, nonce, expiresAt),
    insertWallet: (walletId, nodeId, now) => insertWallet(transaction, walletId, nodeId, now),
    openSession: (walletId, device, now) => openSession(transaction, walletId, device, now),
    insertRefreshToken: (token) => insertRefreshToken(transaction, token),
    lockRefreshToken: (hash) => lockRefreshToken(transaction, hash),
    useRefreshToken: (hash, now) => useRefreshToken(transaction, hash, now),
    touchDevice: (deviceId, now) => touchDevice(transaction, deviceId, now),
    revokeSession: (sessionId, reason, now) => revokeSession(transaction, sessionId, reason, now),
  };
}

async function findWalletId(database: Queryable, nodeId: string): Promise<string | null> {
  const { rows } = await database.query<{ id: string }>(
    "SELECT id FROM wallets WHERE node_id = $1",
    [nodeId],
  );
  return rows[0]?.id ?? null;
}

async function insertWallet(
  database: Queryable,
  walletId: string,
  nodeId: string,
  nowMs: number,
): Promise<void> {
  await database.query(
    "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (node_id) DO NOTHING",
    [walletId, nodeId, new Date(nowMs)],
  );
}

async function useLoginNonce(
  database: Queryable,
  nodeId: string,
  nonce: string,
  expiresAtMs: number,
): Promise<boolean> {
  const { rowCount } = await database.query(
    "INSERT INTO login_nonces (node_id, nonce, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    [nodeId, nonce, new Date(expiresAtMs)],
  );
  return rowCount === 1;
}

async function openSession(
  database: Queryable,
  walletId: string,
  device: { readonly id: string; readonly name: string },
  nowMs: number,
): ReturnType<SessionTransaction["openSession"]> {
  const now = new Date(nowMs);
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO devices (id, wallet_id, client_id, name, created_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (wallet_id, client_id) DO UPDATE SET name = excluded.name, last_seen_at = excluded.last_seen_at
     RETURNING id`,
    [randomUUIDv7(), walletId, device.id, device.name, now],
  );
  const deviceId = rows[0]?.id;
  if (deviceId === undefined) throw new Error("The device upsert returned no row");
  const sessionId = randomUUIDv7();
  await database.query("INSERT INTO sessions (id, device_id, created_at) VALUES ($1, $2, $3)", [
    sessionId,
    deviceId,
    now,
  ]);
  await database.query(
    `UPDATE sessions SET revoked_at = $2, revoked_reason = 'replaced' WHERE id IN (
       SELECT id FROM sessions WHERE device_id = $1 AND revoked_at IS NULL ORDER BY id DESC OFFSET $3)`,
    [deviceId, now, maxSessionsPerDevice],
  );
  return { deviceId, sessionId };
}

async function insertRefreshToken(database: Queryable, token: NewRefreshToken): Promise<void> {
  await database.query(
    "INSERT INTO refresh_tokens (hash, session_id, parent_hash, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
    [
      token.hash,
      token.sessionId,
      token.parentHash,
      new Date(token.issuedAt),
      new Date(token.expiresAt),
    ],
  );
}

async function lockRefreshToken(
  transaction: Queryable,
  hash: Buffer,
): ReturnType<SessionTransaction["lockRefreshToken"]> {
  const session = await transaction.query(
    "SELECT 1 FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1) FOR UPDATE",
    [hash],
  );
  if (session.rowCount === 0) return null;
  const { rows } = await transaction.query<{
    expires_at: Date;
    used_at: Date | null;
    superseded_at: Date | null;
    started_at: Date;
    revoked_at: Date | null;
    successor_used: boolean;
    session_id: string;
    device_id: string;
    wallet_id: string;
    node_id: string;
  }>(
    `SELECT t.expires_at, t.used_at, t.superseded_at, s.created_at AS started_at, s.revoked_at, s.id AS session_id, d.id AS device_id, w.id AS wallet_id, w.node_id,
            EXISTS (SELECT 1 FROM refresh_tokens c WHERE c.parent_hash = t.hash AND c.used_at IS NOT NULL) AS successor_used
       FROM refresh_tokens t
       JOIN sessions s ON s.id = t.session_id
       JOIN devices d ON d.id = s.device_id
       JOIN wallets w ON w.id = d.wallet_id
      WHERE t.hash = $1`,
    [hash],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    token: {
      expiresAt: row.expires_at.getTime(),
      usedAt: row.used_at?.getTime() ?? null,
      sessionRevoked: row.revoked_at !== null,
      sessionStartedAt: row.started_at.getTime(),
      superseded: row.superseded_at !== null,
      successorUsed: row.successor_used,
    },
    principal: {
      walletId: row.wallet_id,
      nodeId: row.node_id,
      deviceId: row.device_id,
      sessionId: row.session_id,
    },
  };
}

async function useRefreshToken(transaction: Queryable, hash: Buffer, nowMs: number): Promise<void> {
  await transaction.query(
    `UPDATE refresh_tokens SET superseded_at = $2
      WHERE parent_hash = $1 AND used_at IS NULL AND superseded_at IS NULL`,
    [hash, new Date(nowMs)],
  );
  await transaction.query(
    "UPDATE refresh_tokens SET used_at = coalesce(used_at, $2) WHERE hash = $1",
    [hash, new Date(nowMs)],
  );
}

async function touchDevice(database: Queryable, deviceId: string, nowMs: number): Promise<void> {
  await database.query("UPDATE devices SET last_seen_at = $2 WHERE id = $1", [
    deviceId,
    new Date(nowMs),
  ]);
}

async function revokeSession(
  database: Queryable,
  sessionId: string,
  reason: RevocationReason,
  nowMs: number,
): Promise<void> {
  await database.query(
    "UPDATE sessions SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL",
    [sessionId, new Date(nowMs), reason],
  );
}

async function isSessionLive(database: Queryable, sessionId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    "SELECT 1 FROM sessions WHERE id = $1 AND revoked_at IS NULL",
    [sessionId],
  );
  return rowCount === 1;
}

type DeviceRow = { id: string; name: string; created_at: Date; last_seen_at: Date };

async function listLiveDevices(database: Queryable, walletId: string): Promise<readonly Device[]> {
  const { rows } = await database.query<DeviceRow>(
    `SELECT id, name, created_at, last_seen_at FROM devices d
      WHERE wallet_id = $1 AND EXISTS (SELECT 1 FROM sessions s WHERE s.device_id = d.id AND s.revoked_at IS NULL)
      ORDER BY last_seen_at DESC, id`,
    [walletId],
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
  }));
}

async function revokeDevice(
  database: Queryable,
  walletId: string,
  deviceId: string,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE sessions SET revoked_at = $3, revoked_reason = 'device_revoked'
      WHERE revoked_at IS NULL AND device_id = (SELECT id FROM devices WHERE id = $2 AND wallet_id = $1)`,
    [walletId, deviceId, new Date(nowMs)],
  );
  return (rowCount ?? 0) > 0;
}

async function deleteExpired(database: Queryable, nowMs: number): Promise<void> {
  const day = 24 * 3_600_000;
  await database.query("DELETE FROM login_nonces WHERE expires_at < $1", [new Date(nowMs - day)]);
  await database.query("DELETE FROM refresh_tokens WHERE expires_at < $1", [
    new Date(nowMs - 7 * day),
  ]);
  await database.query(
    `DELETE FROM sessions s WHERE created_at < $1 AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = s.id)`,
    [new Date(nowMs - 7 * day)],
  );
}
