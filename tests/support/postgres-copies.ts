import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import pg from "pg";
import { startPostgres } from "../../scripts/support/postgres.ts";
import type { Postgres } from "../../scripts/support/postgres.ts";

/** A base backup: a folder that `startPostgres` can start a server on. */
export type BaseBackup = { readonly folder: string };

/**
 * Copies a running server's data as `pg_basebackup -X fetch` does, which the npm packages do not have: between
 * `pg_backup_start` and `pg_backup_stop`, and then the WAL (Postgres's "low level API").
 * @param from the folder that the server was started with.
 */
export async function baseBackup(url: string, from: string, folder: string): Promise<BaseBackup> {
  const source = realpathSync(path.join(from, "postgres"));
  const target = path.join(folder, "postgres");
  mkdirSync(folder, { mode: 0o711 });
  copyFileSync(path.join(from, "postgres.password"), path.join(folder, "postgres.password"));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SELECT pg_backup_start('drill', true)");
  copy(source, target);
  const { rows } = await client.query<{ labelfile: string }>(
    "SELECT labelfile FROM pg_backup_stop(false)",
  );
  await client.end();
  const wal = path.join(target, "pg_wal");
  rmSync(wal, { recursive: true });
  copy(path.join(source, "pg_wal"), wal);
  rmSync(path.join(target, "postmaster.pid"), { force: true });
  ownFile(target, "backup_label", rows[0]?.labelfile ?? "");
  return { folder };
}

/** Makes a base backup the streaming standby of a running server, and starts it. */
export async function startReplica(backup: BaseBackup, primaryUrl: string): Promise<Postgres> {
  const { hostname, port, username, password } = new URL(primaryUrl);
  const data = path.join(backup.folder, "postgres");
  appendFileSync(
    path.join(data, "postgresql.auto.conf"),
    `primary_conninfo = 'host=${hostname} port=${port} user=${username} password=${password} application_name=replica'\n`,
  );
  ownFile(data, "standby.signal", "");
  return startPostgres(backup.folder, { ownServer: true });
}

function copy(source: string, target: string): void {
  const { status, stderr } = spawnSync("cp", ["-a", source, target], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cp: ${stderr}`);
}

/** Creates a file of the server's owner: Postgres does not run as root. */
function ownFile(data: string, name: string, text: string): void {
  const { uid, gid } = statSync(data);
  writeFileSync(path.join(data, name), text, { mode: 0o600 });
  chownSync(path.join(data, name), uid, gid);
}
