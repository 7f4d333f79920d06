import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { BackupDamaged, Reader, Writer } from "./byte-codec.ts";

const format = 1;

/** The one object that says what a backup consists of and who writes it. Rewritten by every write. */
export type Head = {
  /** Rises with every device that takes over. */
  readonly epoch: number;
  /** Who took over, 16 random bytes as hex. */
  readonly device: string;
  /** Which run of that device wrote last, 16 random bytes as hex. */
  readonly session: string;
  /** The store's `global_version` once this was written. */
  readonly version: number;
  /** The node's last commit that is in the backup; 0: nothing to restore yet. */
  readonly commit: number;
  readonly lastSequence: number;
  /** How many notes of this session are in. */
  readonly notes: number;
  readonly nextSegment: number;
  /** Oldest first. */
  readonly segments: readonly SegmentEntry[];
  /** When it was written, by that device's clock. */
  readonly at: number;
};

export type SegmentEntry = {
  readonly id: number;
  /** 0: as it was written; above: merged, and complete in itself. */
  readonly level: number;
  readonly byteCount: number;
};

export const headLabel = "head";

export function segmentLabel(id: number): string {
  return `segment/${String(id)}`;
}

export function encodeHead(head: Head): Uint8Array {
  const writer = new Writer().number(format).number(head.epoch);
  writer.raw(hexToBytes(head.device)).raw(hexToBytes(head.session));
  writer.number(head.version).number(head.commit).number(head.lastSequence).number(head.notes);
  writer.number(head.nextSegment).number(head.at).number(head.segments.length);
  for (const { id, level, byteCount } of head.segments)
    writer.number(id).number(level).number(byteCount);
  return writer.finish();
}

/** @throws BackupDamaged */
export function decodeHead(bytes: Uint8Array): Head {
  const reader = new Reader(bytes);
  if (reader.number() !== format)
    throw new BackupDamaged("a later version of the app wrote this backup");
  const epoch = reader.number();
  const device = bytesToHex(reader.raw(16));
  const session = bytesToHex(reader.raw(16));
  const version = reader.number();
  const commit = reader.number();
  const lastSequence = reader.number();
  const notes = reader.number();
  const nextSegment = reader.number();
  const at = reader.number();
  const count = reader.number();
  const segments: SegmentEntry[] = [];
  for (let place = 0; place < count; place += 1) {
    segments.push({ id: reader.number(), level: reader.number(), byteCount: reader.number() });
  }
  return {
    epoch,
    device,
    session,
    version,
    commit,
    lastSequence,
    notes,
    nextSegment,
    segments,
    at,
  };
}
