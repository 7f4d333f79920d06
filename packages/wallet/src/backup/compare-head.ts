import type { StorePosition } from "@satsconnect/lightning";
import type { Head } from "./head.ts";
import type { Lineage } from "./local-rows.ts";

/** The backup's position: the fields of its head that a writer continues from. */
export type RemotePosition = Pick<
  Head,
  "version" | "segments" | "nextSegment" | "commit" | "lastSequence" | "lastEntry"
>;

const emptyPosition: RemotePosition = {
  version: 0,
  segments: [],
  nextSegment: 1,
  commit: 0,
  lastSequence: 0,
  lastEntry: 0,
};

export type Verdict =
  /** This device writes the backup and may continue from its position. */
  | { readonly kind: "ours"; readonly position: RemotePosition }
  /**
   * The node must not run on its current state; it has to start again with `open`, which repairs it. `isBehind`: the
   * backup has a newer state.
   */
  | { readonly kind: "restart"; readonly reason: string; readonly isBehind: boolean }
  | { readonly kind: "replaced"; readonly reason: string };

/** Compares the backup's head with this device, whose last stored commit is `stored`. */
export function compareHead(lineage: Lineage, stored: number, head: Head | undefined): Verdict {
  const position = positionOf(head);
  if (head === undefined) return { kind: "ours", position };
  const isFromOther =
    head.epoch > lineage.epoch || (head.epoch === lineage.epoch && head.device !== lineage.device);
  if (isFromOther) return { kind: "replaced", reason: "another device has taken over this wallet" };
  // this device has lost commits that the backup has; its older state must not run
  if (head.commit > stored)
    return { kind: "restart", reason: "the backup is ahead of this device", isBehind: true };
  return { kind: "ours", position };
}

/**
 * True if the backup lacks commits that it had once confirmed. This device has then deleted its list of their rows, so
 * the whole state has to be uploaded again.
 * @param firstPending the first commit whose rows this device still lists as pending
 */
export function needsRewrite(position: RemotePosition, firstPending: number): boolean {
  return firstPending > position.commit + 1;
}

export function positionOf(head: Head | undefined): RemotePosition {
  if (head === undefined) return emptyPosition;
  const { version, segments, nextSegment, commit, lastSequence, lastEntry } = head;
  return { version, segments, nextSegment, commit, lastSequence, lastEntry };
}

/** Converts a local store's position to the wallet's numbering. */
export function walletPosition(local: StorePosition, lineage: Lineage): StorePosition {
  return {
    commitNumber: local.commitNumber + lineage.commitOffset,
    lastSequence: local.lastSequence + lineage.sequenceOffset,
  };
}
