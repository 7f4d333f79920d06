import { bytesToHex } from "@noble/hashes/utils.js";
import type {
  Clock,
  CommitStore,
  EntropySource,
  Logger,
  StorePosition,
} from "@satsconnect/lightning";
import { ok } from "@satsconnect/money";
import { backupPolicy } from "../policy.ts";
import { BackupUnreachable } from "./backup-errors.ts";
import type { Head } from "./head.ts";
import { lineageRow, replacementRows } from "./local-rows.ts";
import type { Lineage } from "./local-rows.ts";
import type { MirroredKeyValueStore } from "./mirrored-store.ts";
import {
  baseRow,
  compareWitness,
  decodeWitnessRows,
  outdatedRows,
  witnessTable,
} from "./outdated.ts";
import type { RemoteBackup } from "./remote-backup.ts";
import { rowId } from "./segment.ts";
import type { Rows } from "./segment.ts";
import type { Witnessed } from "./tower-heads.ts";

export type RestoreOptions = {
  readonly remote: RemoteBackup;
  readonly mirror: MirroredKeyValueStore;
  readonly local: CommitStore;
  readonly entropy: EntropySource;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The state of this device after a restore. */
export type Restored = {
  readonly lineage: Lineage;
  /** The backup's head, which this device has written. */
  readonly head: Head;
  readonly position: StorePosition;
};

/**
 * Fences the device that wrote last, downloads the backup, and replaces the local state with it. A backup that is older
 * than the watchtower's head is marked: its channels must never be started. @throws BackupUnreachable, BackupDamaged
 */
export async function restoreBackup(
  options: RestoreOptions,
  localPosition: StorePosition,
  found: Head,
  witnessed: Witnessed,
): Promise<Restored> {
  const { remote, mirror, local, clock, logger } = options;
  const { head, written } = await claim(options, found, witnessed);
  const read = await remote.rows(head.segments);
  if (!read.ok) throw new BackupUnreachable(read.error.message);
  const rows = read.value;
  await mirror.restore(rows);
  const base = baseOf(rows);
  const isOutdated = compareWitness({ ...written, base }, witnessed.head) !== "current";
  const knownCommit = witnessed.head?.commit ?? 0;
  // commits only increase, also over an older backup: the next comparison relies on it
  const commit = isOutdated ? Math.max(head.commit, knownCommit) + 1 : head.commit;
  const number = localPosition.commitNumber + 1;
  const lineage: Lineage = {
    epoch: head.epoch,
    device: head.device,
    commitOffset: commit - number,
    sequenceOffset: head.lastSequence - localPosition.lastSequence,
  };
  const outdated = { foundAt: clock.now(), commit: head.commit, knownCommit };
  const own = [
    ...(isOutdated ? outdatedRows(outdated) : []),
    ...(witnessed.isKnown || base !== undefined ? [] : [baseRow(written)]),
    lineageRow(lineage),
  ];
  const isOwn = new Set(own.map(rowId));
  const restored = (await replacementRows(local, rows)).filter((row) => !isOwn.has(rowId(row)));
  await local.commit({
    number,
    rows: [...restored, ...own],
    events: [],
    forgetEventsThrough: localPosition.lastSequence,
  });
  logger.info({ epoch: head.epoch, commit: head.commit }, "restored from backup");
  if (isOutdated)
    logger.error({ commit: head.commit, knownCommit }, "the restored backup of the wallet is old");
  return { lineage, head, position: { ...localPosition, commitNumber: number } };
}

/**
 * Writes a head with the next epoch, so that the server refuses writes of the device before. Resolves with it, and with
 * the head that the state in the backup was written with.
 */
async function claim(
  { remote, entropy, clock }: RestoreOptions,
  found: Head,
  witnessed: Witnessed,
): Promise<{ readonly head: Head; readonly written: Head }> {
  const device = bytesToHex(entropy.bytes(16));
  const session = bytesToHex(entropy.bytes(16));
  let written = found;
  for (let attempt = 1; ; attempt += 1) {
    const next: Head = {
      ...written,
      epoch: Math.max(written.epoch, witnessed.head?.epoch ?? 0) + 1,
      device,
      session,
      lastEntry: 0,
      version: written.version + 1,
      at: clock.now(),
    };
    const expected = written.version;
    const claimed = await remote.write({ expected, head: next, segments: [], removed: [] });
    const now = claimed.ok ? ok(next) : await remote.head();
    if (!now.ok) throw new BackupUnreachable(now.error.message);
    if (now.value === undefined)
      throw new BackupUnreachable("the backup was deleted during the restore");
    if (now.value.device === device) return { head: now.value, written };
    written = now.value;
    if (attempt === backupPolicy.takeOverAttempts)
      throw new BackupUnreachable("another device is taking over this wallet");
  }
}

function baseOf(rows: Rows) {
  return decodeWitnessRows((key) => rows.get(rowId({ table: witnessTable, key }))?.value).base;
}
