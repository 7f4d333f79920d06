import type { SegmentEntry } from "./head.ts";
import type { BackupRow } from "./segment.ts";

/** Number of segments of one level that are merged into one of the next. */
export const fanOut = 8;
/** At this number of level-0 segments, merge at once instead of waiting until the wallet is idle. */
export const maxLevel0Segments = 32;
/** Limit for the rows of one segment, before compression. */
const maxSegmentBytes = 1024 * 1024;
/** Limit for the segments of one write, after compression. The server refuses larger requests. */
export const maxWriteBytes = 3 * 1024 * 1024;
/** Level of segments that hold the complete state. They are not merged again soon. */
export const fullLevel = 3;

export type Merge = {
  /** Older segments, which stay as they are. */
  readonly kept: readonly SegmentEntry[];
  /** The newest segments, to be replaced by one or more segments of `level`. */
  readonly merged: readonly SegmentEntry[];
  readonly level: number;
};

export function countLevel0(segments: readonly SegmentEntry[]): number {
  return segments.filter(({ level }) => level === 0).length;
}

/**
 * Selects the segments to merge: those of level 0, and those of each higher level that becomes full with the result.
 * This bounds the number of objects that a restore reads. Undefined if there is nothing to merge.
 */
export function planMerge(segments: readonly SegmentEntry[]): Merge | undefined {
  let from = segments.length - countLevel0(segments);
  let level = 1;
  for (;;) {
    const current = level;
    const count = segments.filter((segment) => segment.level === current).length;
    if (count < fanOut - 1) break;
    from -= count;
    level += 1;
  }
  const merged = segments.slice(from);
  return merged.length < 2 ? undefined : { kept: segments.slice(0, from), merged, level };
}

/** Splits rows into groups that each fit into one segment. */
export function splitRows(rows: readonly BackupRow[]): readonly (readonly BackupRow[])[] {
  const groups: BackupRow[][] = [];
  let group: BackupRow[] = [];
  let size = 0;
  for (const row of rows) {
    const length = row.value?.length ?? 0;
    if (group.length > 0 && size + length > maxSegmentBytes) {
      groups.push(group);
      [group, size] = [[], 0];
    }
    group.push(row);
    size += length;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
