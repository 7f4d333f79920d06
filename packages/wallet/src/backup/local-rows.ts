import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { CommitStore, RowChange } from "@satsconnect/lightning";
import { BackupDamaged, Reader, Writer } from "./byte-codec.ts";
import { witnessTable } from "./outdated.ts";
import { rowId } from "./segment.ts";
import type { BackupRow, Rows } from "./segment.ts";

/**
 * The node's tables that are backed up: all but the network graph and its scores, feerate estimates, and what is known
 * of the best block. The graph can be downloaded from any peer; the others are learned again.
 */
const backedUpTables = [
  "core-manager",
  "core-monitor",
  "core-monitor-update",
  "core-value",
  "payment",
  "payment-open",
  "payment-hash",
  "payment-key",
  "payment-proof",
  "payment-intent",
  "on-chain-send",
  "on-chain-bump",
  "on-chain-replaced",
  witnessTable,
] as const;
const backedUp: ReadonlySet<string> = new Set(backedUpTables);
const localOnly: ReadonlySet<string> = new Set(["core-snapshot", "fee-estimates", "chain"]);

/** Table of key-value entries in a backup. The node's store has no table of this name. */
export const keyValueTable = "note";

const stateTable = "backup";
const stateKey = "lineage";
const pendingTable = "backup-pending";
const format = 1;

/** The epoch and device id under which this device writes, and the offsets of its local numbers from the wallet's. */
export type Lineage = {
  readonly epoch: number;
  readonly device: string;
  /** Added to the local store's numbers to get the wallet's. A restored store starts numbering from the beginning. */
  readonly commitOffset: number;
  readonly sequenceOffset: number;
};

/** Whether the table goes into the backup. @throws for a table listed neither as backed up nor as local */
export function isBackedUp(table: string): boolean {
  if (backedUp.has(table)) return true;
  if (localOnly.has(table)) return false;
  throw new Error(`table ${table} is listed neither as backed up nor as local`);
}

export async function readLineage(store: CommitStore): Promise<Lineage | undefined> {
  const bytes = await store.read(stateTable, stateKey);
  if (bytes === undefined) return undefined;
  const reader = new Reader(bytes);
  if (reader.number() !== format)
    throw new BackupDamaged("the local state was written by a newer version of the app");
  const epoch = reader.number();
  const device = bytesToHex(reader.raw(16));
  const signed = (): number => (reader.number() === 1 ? -1 : 1) * reader.number();
  return { epoch, device, commitOffset: signed(), sequenceOffset: signed() };
}

export function lineageRow(lineage: Lineage): RowChange {
  const writer = new Writer().number(format).number(lineage.epoch).raw(hexToBytes(lineage.device));
  for (const offset of [lineage.commitOffset, lineage.sequenceOffset])
    writer.number(offset < 0 ? 1 : 0).number(Math.abs(offset));
  return { table: stateTable, key: stateKey, value: writer.finish() };
}

/** A row, stored with the commit itself, that lists which of its rows the backup does not have yet. */
export function pendingRow(commit: number, rows: readonly BackupRow[]): RowChange {
  const writer = new Writer().number(rows.length);
  for (const row of rows) writer.text(row.table).text(row.key);
  return { table: pendingTable, key: pendingKey(commit), value: writer.finish() };
}

export function forgetPending(commit: number): RowChange {
  return { table: pendingTable, key: pendingKey(commit), value: undefined };
}

/** A commit that the backup may not have. The rows have their current values, which a later commit may have written. */
export type PendingCommit = { readonly commit: number; readonly rows: readonly BackupRow[] };

export async function readPending(store: CommitStore): Promise<readonly PendingCommit[]> {
  const commits: PendingCommit[] = [];
  const values = new Map<string, Uint8Array | undefined>();
  for (const { key, value } of await store.list(pendingTable)) {
    const reader = new Reader(value);
    const count = reader.number();
    const rows: BackupRow[] = [];
    for (let index = 0; index < count; index += 1) {
      const row = { table: reader.text(), key: reader.text() };
      const id = rowId(row);
      if (!values.has(id)) values.set(id, await store.read(row.table, row.key));
      rows.push({ ...row, value: values.get(id) });
    }
    commits.push({ commit: Number(key), rows });
  }
  return commits;
}

/** All rows of the node that belong in a backup. */
export async function readAll(store: CommitStore): Promise<Rows> {
  const rows: Rows = new Map();
  for (const table of backedUpTables) {
    for (const { key, value } of await store.list(table)) {
      const row = { table, key, value };
      rows.set(rowId(row), row);
    }
  }
  return rows;
}

/** The changes that make the local rows equal to those of a backup. */
export async function replacementRows(
  store: CommitStore,
  rows: Rows,
): Promise<readonly RowChange[]> {
  const changes: RowChange[] = [];
  for (const row of (await readAll(store)).values())
    if (!rows.has(rowId(row))) changes.push({ table: row.table, key: row.key, value: undefined });
  for (const { key } of await store.list(pendingTable))
    changes.push({ table: pendingTable, key, value: undefined });
  for (const row of rows.values())
    if (row.value !== undefined && row.table !== keyValueTable) changes.push(row);
  return changes;
}

function pendingKey(commit: number): string {
  return commit.toString().padStart(16, "0");
}
