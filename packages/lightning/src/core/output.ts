import { toDisplayId } from "../bitcoin/hash.ts";
import { utf8ToText } from "../encoding/bytes.ts";
import { ByteReader } from "../encoding/byte-buffer.ts";
import { outputTag } from "./frames.ts";
import type { CommandResult, CoreError, Event } from "./generated/index.ts";

/** The parsed output of one exchange. Byte arrays are views into the exchange's buffer. */
export type CoreOutput = {
  readonly commit: CoreCommit | undefined;
  readonly events: readonly Event[];
  readonly results: readonly CoreResult[];
  /** Bytes and transactions to send, in order, once the commit is durable. */
  readonly sends: readonly CoreSend[];
  readonly watches: readonly WatchItem[];
  readonly logs: readonly CoreLog[];
  /** The changed rows of the network graph, and the scorer, to be stored. */
  readonly graphRows: readonly GraphRow[];
  readonly scorer: Uint8Array | undefined;
  /** Announced channels whose funding outputs the core asks for. */
  readonly lookups: readonly ChannelPosition[];
  readonly rejected: readonly { readonly tag: number; readonly reason: string }[];
  /** True when the core asks for another exchange in 50 to 100 ms. */
  readonly again: boolean;
};

/** Where the chain has the funding output of a channel: the parts of its short channel id (BOLT 7). */
export type ChannelPosition = {
  readonly height: number;
  readonly transactionIndex: number;
  readonly outputIndex: number;
};

/** A transaction, output or script that the core watches the chain for. Ids in display order, scripts as bytes. */
export type WatchItem =
  | { readonly kind: "transaction"; readonly txid: string; readonly script: Uint8Array }
  | {
      readonly kind: "output";
      readonly txid: string;
      readonly index: number;
      readonly script: Uint8Array;
    }
  | { readonly kind: "script"; readonly script: Uint8Array }
  /** Asked once: the confirmed transactions whose outputs the script holds unspent. */
  | { readonly kind: "lookup"; readonly script: Uint8Array };

export type CoreSend =
  | { readonly kind: "bytes"; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly kind: "close"; readonly connection: number }
  /** Whether to read from the connection: not while the core holds input that LDK does not take yet. */
  | { readonly kind: "reading"; readonly connection: number; readonly reading: boolean }
  | { readonly kind: "transactions"; readonly transactions: readonly Uint8Array[] };

export type CoreLog = { readonly level: number; readonly text: string };

/** A row of the network graph; without a value it is deleted. */
export type GraphRow = { readonly key: string; readonly value: Uint8Array | undefined };

type CoreResult =
  | {
      readonly request: number;
      readonly ok: true;
      readonly value: CommandResult;
      /** The snapshot of `exportGossip`. */
      readonly snapshot?: Uint8Array;
    }
  | { readonly request: number; readonly ok: false; readonly error: CoreError };

/** State to store before any other output of the exchange takes effect. */
export type CoreCommit = {
  readonly id: number;
  /** The channel manager, whole; empty when it has not changed. */
  readonly manager: Uint8Array;
  /** Channel monitors written whole; each replaces its earlier image and the updates up to its `updateId`. */
  readonly images: readonly MonitorPart[];
  readonly updates: readonly MonitorPart[];
  /** Monitors that are no longer needed. */
  readonly archived: readonly string[];
  /** Named values of the core; `undefined` deletes. */
  readonly values: readonly { readonly key: string; readonly value: Uint8Array | undefined }[];
};

type MonitorPart = {
  readonly name: string;
  /** LDK's update id; 2^64 - 1 for updates of channels that closed long ago. */
  readonly updateId: bigint;
  readonly bytes: Uint8Array;
};

/** Parses output frames. @throws RangeError, SyntaxError or TypeError when the core is of another version. */
export function readOutput(output: Uint8Array): CoreOutput {
  const reader = new ByteReader(output);
  let commit: CoreCommit | undefined;
  const events: Event[] = [];
  const results: CoreResult[] = [];
  const sends: CoreSend[] = [];
  const watches: WatchItem[] = [];
  const logs: CoreLog[] = [];
  const graphRows: GraphRow[] = [];
  let scorer: Uint8Array | undefined;
  let exported: Uint8Array | undefined;
  const lookups: ChannelPosition[] = [];
  const rejected: { tag: number; reason: string }[] = [];
  let again = false;
  while (!reader.done) {
    const tag = reader.u8();
    const payload = new ByteReader(reader.bytes());
    switch (tag) {
      case outputTag.bytes:
        sends.push({ kind: "bytes", connection: payload.u64(), bytes: payload.rest() });
        break;
      case outputTag.close:
        sends.push({ kind: "close", connection: payload.u64() });
        break;
      case outputTag.reading:
        sends.push({
          kind: "reading",
          connection: payload.u64(),
          reading: payload.u8() === 1,
        });
        break;
      case outputTag.transactions:
        sends.push({ kind: "transactions", transactions: many(payload, () => payload.bytes()) });
        break;
      case outputTag.event:
        events.push(json(payload.rest()) as Event);
        break;
      case outputTag.log:
        logs.push({ level: payload.u8(), text: lossyText(payload.rest()) });
        break;
      case outputTag.commit:
        if (commit !== undefined) throw new RangeError("two commits in one exchange");
        commit = readCommit(payload);
        break;
      case outputTag.result:
        results.push(readResult(payload, exported));
        exported = undefined;
        break;
      case outputTag.again:
        again = true;
        break;
      case outputTag.watch:
        watches.push(readWatch(payload));
        break;
      case outputTag.snapshot:
        switch (payload.u8()) {
          case 0:
            graphRows.push(...many(payload, () => readRow(payload)));
            break;
          case 1:
            scorer = payload.rest();
            break;
          case 2:
            exported = payload.rest();
            break;
          default:
            throw new RangeError("the core sent a snapshot of an unknown kind");
        }
        break;
      case outputTag.lookup:
        lookups.push(readPosition(payload));
        break;
      case outputTag.rejected:
        rejected.push({ tag: payload.u8(), reason: lossyText(payload.rest()) });
        break;
      default:
        throw new RangeError(`the core sent an unknown frame: ${tag}`);
    }
  }
  return {
    commit,
    events,
    results,
    sends,
    watches,
    logs,
    graphRows,
    scorer,
    lookups,
    rejected,
    again,
  };
}

function readCommit(reader: ByteReader): CoreCommit {
  const part = (): MonitorPart => ({
    name: reader.text(),
    updateId: readBigU64(reader),
    bytes: reader.bytes(),
  });
  return {
    id: reader.u64(),
    manager: reader.bytes(),
    images: many(reader, part),
    updates: many(reader, part),
    archived: many(reader, () => reader.text()),
    values: many(reader, () => readRow(reader)),
  };
}

function readRow(reader: ByteReader): { key: string; value: Uint8Array | undefined } {
  const key = reader.text();
  const present = reader.u8() === 1;
  const value = reader.bytes();
  return { key, value: present ? value : undefined };
}

function readResult(reader: ByteReader, snapshot: Uint8Array | undefined): CoreResult {
  const request = reader.u32();
  return reader.u8() === 1
    ? {
        request,
        ok: true,
        value: json(reader.rest()) as CommandResult,
        ...(snapshot === undefined ? {} : { snapshot }),
      }
    : { request, ok: false, error: json(reader.rest()) as CoreError };
}

function readWatch(reader: ByteReader): WatchItem {
  const kind = reader.u8();
  const txid = toDisplayId(reader.raw(32));
  const index = reader.u32();
  const script = reader.rest().slice();
  if (kind === 0) return { kind: "transaction", txid, script };
  if (kind === 1) return { kind: "output", txid, index, script };
  return { kind: kind === 3 ? "lookup" : "script", script };
}

/** A short channel id: 3 bytes of height, 3 of transaction index, 2 of output index. */
function readPosition(reader: ByteReader): ChannelPosition {
  const low = reader.u32();
  const high = reader.u32();
  return {
    height: high >>> 8,
    transactionIndex: ((high & 0xff) << 16) | (low >>> 16),
    outputIndex: low & 0xffff,
  };
}

function many<Item>(reader: ByteReader, read: () => Item): Item[] {
  const count = reader.u32();
  const items: Item[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}

function readBigU64(reader: ByteReader): bigint {
  const low = BigInt(reader.u32());
  return low | (BigInt(reader.u32()) << 32n);
}

/** Not validated: the types are generated from the Rust structs that serialized this text. */
function json(bytes: Uint8Array): unknown {
  return JSON.parse(utf8ToText(bytes));
}

function lossyText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
