import type { VssClient, VssFailureCode, VssKeyValue } from "@satsconnect/contracts/vss";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { BackupDamaged } from "./byte-codec.ts";
import { decodeHead, encodeHead, headLabel, segmentLabel } from "./head.ts";
import type { Head, SegmentEntry } from "./head.ts";
import type { BackupKeys } from "./backup-keys.ts";
import { decodeSegment, replay } from "./segment.ts";
import type { Rows } from "./segment.ts";

const parallelReads = 8;
const any = -1n;
const nothing = new Uint8Array();

/** A new segment: its entry, and its bytes before they are sealed. */
export type NewSegment = { readonly id: number; readonly bytes: Uint8Array };

/** A backup as its objects at the server: the head, and the segments that it names. */
export type RemoteBackup = {
  /** Undefined: there is none yet. @throws BackupDamaged */
  readonly head: () => Promise<Result<Head | undefined, VssFailureCode>>;
  /** What segments come to, one after another. @throws BackupDamaged */
  readonly rows: (segments: readonly SegmentEntry[]) => Promise<Result<Rows, VssFailureCode>>;
  /** All of it or nothing, and only when the store is at that version. */
  readonly write: (change: {
    readonly expected: number;
    readonly head: Head;
    readonly segments: readonly NewSegment[];
    readonly gone: readonly number[];
  }) => Promise<Result<void, VssFailureCode>>;
};

/** The wallet's store behind a VSS client, sealed and named by the keys. */
export function remoteBackup(vss: VssClient, keys: BackupKeys): RemoteBackup {
  const { storeId } = keys;
  const object = (label: string, value: Uint8Array): VssKeyValue => ({
    key: keys.nameOf(label),
    version: any,
    value,
  });

  async function read(label: string): Promise<Result<Uint8Array, VssFailureCode>> {
    const found = await vss.get({ storeId, key: keys.nameOf(label) });
    return found.ok ? ok(keys.open(label, found.value.value)) : found;
  }

  /** There is a head, or one was written here: it is read without asking first. */
  let hasHead = false;

  return {
    async head() {
      // a new wallet has none, and a browser reports every "not found" as an error to its reader
      if (!hasHead) {
        const listed = await vss.list({
          storeId,
          keyPrefix: keys.nameOf(headLabel),
          pageSize: 1,
          pageToken: undefined,
        });
        if (!listed.ok) return listed;
        if (listed.value.keyVersions.length === 0) return ok(undefined);
        hasHead = true;
      }
      const found = await read(headLabel);
      if (found.ok) return ok(decodeHead(found.value));
      return found.error.code === "no_such_key" ? ok(undefined) : found;
    },

    async rows(segments) {
      const opened: Uint8Array[] = [];
      let failure: Result<never, VssFailureCode> | undefined;
      let next = 0;
      const fetchAll = async (): Promise<void> => {
        for (let place = next++; place < segments.length && failure === undefined; place = next++) {
          const found = await read(segmentLabel(segments[place]?.id ?? 0));
          if (found.ok) opened[place] = found.value;
          else failure ??= found;
        }
      };
      await Promise.all(Array.from({ length: parallelReads }, fetchAll));
      if (failure !== undefined) {
        if (!failure.ok && failure.error.code === "no_such_key")
          throw new BackupDamaged("a part of the backup is missing");
        return failure;
      }
      const rows: Rows = new Map();
      const loose = new Map<number, Rows>();
      for (const [place, bytes] of opened.entries()) {
        const decoded = decodeSegment(bytes, (segment, row) => loose.get(segment)?.get(row)?.value);
        replay(rows, decoded);
        const { id, level } = segments[place] ?? { id: 0, level: 1 };
        // only these are referred to
        if (level > 0) continue;
        const own: Rows = new Map();
        replay(own, decoded);
        loose.set(id, own);
      }
      return ok(rows);
    },

    async write({ expected, head, segments, gone }) {
      const written = await vss.put({
        storeId,
        globalVersion: BigInt(expected),
        transactionItems: [
          object(headLabel, keys.seal(headLabel, encodeHead(head))),
          ...segments.map(({ id, bytes }) =>
            object(segmentLabel(id), keys.seal(segmentLabel(id), bytes)),
          ),
        ],
        deleteItems: gone.map((id) => object(segmentLabel(id), nothing)),
      });
      hasHead ||= written.ok;
      return written;
    },
  };
}
