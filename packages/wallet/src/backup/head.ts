import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { BackupDamaged, Reader, Writer } from "./byte-codec.ts";

const format = 1;

/** Describes the backup: its segments and the device that writes it. Every write replaces it. */
export type Head = {
  /** Increases by one with every device that takes over. */
  readonly epoch: number;
  /** Id of the device that took over: 16 random bytes as hex. */
  readonly device: string;
  /** Id of the run of that device that wrote last: 16 random bytes as hex. */
  readonly session: string;
  /** The store's `global_version` after this write. */
  readonly version: number;
  /** The node's last commit in the backup; 0 if there is nothing to restore yet. */
  readonly commit: number;
  readonly lastSequence: number;
  /** Number of this session's last key-value entry in the backup. */
  readonly lastEntry: number;
  readonly nextSegment: number;
  /** Oldest first. */
  readonly segments: readonly SegmentEntry[];
  /** Time of writing by that device's clock, in ms since 1970. */
  readonly at: number;
};

export type SegmentEntry = {
  readonly id: number;
  /** 0: as first written, may need earlier level-0 segments as dictionary. Above: merged and self-contained. */
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
  writer.number(head.version).number(head.commit).number(head.lastSequence).number(head.lastEntry);
  writer.number(head.nextSegment).number(head.at).number(head.segments.length);
  for (const { id, level, byteCount } of head.segments)
    writer.number(id).number(level).number(byteCount);
  return writer.finish();
}

/** @throws BackupDamaged */
export function decodeHead(bytes: Uint8Array): Head {
  const reader = new Reader(bytes);
  if (reader.number() !== format)
    throw new BackupDamaged("it was written by a newer version of the app");
  const epoch = reader.number();
  const device = bytesToHex(reader.raw(16));
  const session = bytesToHex(reader.raw(16));
  const version = reader.number();
  const commit = reader.number();
  const lastSequence = reader.number();
  const lastEntry = reader.number();
  const nextSegment = reader.number();
  const at = reader.number();
  const count = reader.number();
  const segments: SegmentEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    segments.push({ id: reader.number(), level: reader.number(), byteCount: reader.number() });
  }
  return {
    epoch,
    device,
    session,
    version,
    commit,
    lastSequence,
    lastEntry,
    nextSegment,
    segments,
    at,
  };
}
