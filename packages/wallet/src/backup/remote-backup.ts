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
/** VSS: write whatever the key's version is; the store's global version protects the write. */
const anyVersion = -1n;
const empty = new Uint8Array();

/** A new segment: its id and its content before encryption. */
export type NewSegment = { readonly id: number; readonly bytes: Uint8Array };

/** The backup's objects at the server: the head, and the segments that it lists. */
export type RemoteBackup = {
  /** Undefined if there is no backup yet. @throws BackupDamaged */
  readonly head: () => Promise<Result<Head | undefined, VssFailureCode>>;
  /** Reads the segments and applies them in order. @throws BackupDamaged */
  readonly rows: (segments: readonly SegmentEntry[]) => Promise<Result<Rows, VssFailureCode>>;
  /** Atomic. `conflict` if the store's version is not `expected`. */
  readonly write: (change: {
    readonly expected: number;
    readonly head: Head;
    readonly segments: readonly NewSegment[];
    readonly removed: readonly number[];
  }) => Promise<Result<void, VssFailureCode>>;
};

/** Reads and writes a backup through a VSS client, encrypting with the keys. */
export function remoteBackup(vss: VssClient, keys: BackupKeys): RemoteBackup {
  const { storeId } = keys;
  const object = (label: string, value: Uint8Array): VssKeyValue => ({
    key: keys.nameOf(label),
    version: anyVersion,
    value,
  });

  async function read(label: string): Promise<Result<Uint8Array, VssFailureCode>> {
    const found = await vss.get({ storeId, key: keys.nameOf(label) });
    return found.ok ? ok(keys.decrypt(label, found.value.value)) : found;
  }

  /** True once a head is known to exist; it is then read directly. */
  let hasHead = false;

  return {
    async head() {
      // list first: a new wallet has no head, and browsers log every 404 as an error
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
      const contents: Uint8Array[] = [];
      let failure: Result<never, VssFailureCode> | undefined;
      let next = 0;
      const fetchAll = async (): Promise<void> => {
        for (let index = next++; index < segments.length && failure === undefined; index = next++) {
          const found = await read(segmentLabel(segments[index]?.id ?? 0));
          if (found.ok) contents[index] = found.value;
          else failure ??= found;
        }
      };
      await Promise.all(Array.from({ length: parallelReads }, fetchAll));
      if (failure !== undefined) {
        if (!failure.ok && failure.error.code === "no_such_key")
          throw new BackupDamaged("a segment is missing");
        return failure;
      }
      const rows: Rows = new Map();
      const level0 = new Map<number, Rows>();
      for (const [index, bytes] of contents.entries()) {
        const decoded = decodeSegment(
          bytes,
          (segment, row) => level0.get(segment)?.get(row)?.value,
        );
        replay(rows, decoded);
        const { id, level } = segments[index] ?? { id: 0, level: 1 };
        // only level-0 segments serve as dictionaries
        if (level > 0) continue;
        const own: Rows = new Map();
        replay(own, decoded);
        level0.set(id, own);
      }
      return ok(rows);
    },

    async write({ expected, head, segments, removed }) {
      const written = await vss.put({
        storeId,
        globalVersion: BigInt(expected),
        transactionItems: [
          object(headLabel, keys.encrypt(headLabel, encodeHead(head))),
          ...segments.map(({ id, bytes }) =>
            object(segmentLabel(id), keys.encrypt(segmentLabel(id), bytes)),
          ),
        ],
        deleteItems: removed.map((id) => object(segmentLabel(id), empty)),
      });
      hasHead ||= written.ok;
      return written;
    },
  };
}
