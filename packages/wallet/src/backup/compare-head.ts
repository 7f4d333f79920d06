import type { StorePosition } from "@satsconnect/lightning";
import type { Head } from "./head.ts";
import type { Lineage } from "./local-rows.ts";
import { emptyRemote } from "./upload.ts";
import type { RemotePosition, Verdict } from "./upload.ts";

/** What a backup's head means for this device, which has come to the commit `stored`. */
export function judge(lineage: Lineage, stored: number, head: Head | undefined): Verdict {
  const position = positionOf(head);
  if (head === undefined) return { kind: "ours", position };
  const isOthers =
    head.epoch > lineage.epoch || (head.epoch === lineage.epoch && head.device !== lineage.device);
  if (isOthers) return { kind: "replaced", reason: "this wallet lives on another device now" };
  // this device has lost what the backup has: the older state must not run
  if (head.commit > stored)
    return { kind: "restart", reason: "the backup is ahead of this device" };
  return { kind: "ours", position };
}

/**
 * True where the backup lacks commits whose rows this device cannot name any more: it forgot them when the backup said
 * that it had them. Then the backup has lost something, and is written anew.
 * @param firstNamed the first commit whose rows this device can still name
 */
export function isWrittenAnew(position: RemotePosition, firstNamed: number): boolean {
  return firstNamed > position.commit + 1;
}

export function positionOf(head: Head | undefined): RemotePosition {
  if (head === undefined) return emptyRemote;
  const { version, segments, nextSegment, commit, lastSequence, notes } = head;
  return { version, segments, nextSegment, commit, lastSequence, notes };
}

/** The wallet's numbers of a local store's position. */
export function walletPosition(local: StorePosition, lineage: Lineage): StorePosition {
  return {
    commitNumber: local.commitNumber + lineage.commitOffset,
    lastSequence: local.lastSequence + lineage.sequenceOffset,
  };
}
