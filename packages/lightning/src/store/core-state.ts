import { concatBytes } from "@noble/hashes/utils.js";
import { ByteReader, ByteWriter } from "../encoding/byte-buffer.ts";
import type { CoreCommit, GraphRow } from "../core/output.ts";
import { ChunkTable } from "./chunks.ts";
import type { CommitStore, RowChange } from "../ports/commit-store.ts";

/** The core's tables. Names are stored: they must not change. */
const tables = {
  /** Key `index`: the slots in order; key = padded slot number: that chunk of the channel manager. */
  manager: "core-manager",
  /** Key = monitor's name: the image's update id (u64, little-endian), then the image. */
  image: "core-monitor",
  /** Key = monitor's name, `/`, padded update id: the update. */
  update: "core-monitor-update",
  value: "core-value",
  /** Key `scorer`; and `graph`: the whole network graph, as it was stored before the table below. */
  snapshot: "core-snapshot",
  /** The network graph. From peers: a row for each channel and node. From snapshots: those that were applied. */
  graph: "core-graph",
} as const;

/** Prefix of the keys of applied snapshots. */
const snapshotPrefix = "s/";
/** Offset of a snapshot's time: after the prefix, the version and the chain hash. */
const snapshotTimeOffset = 36;
/** One dump of the core has fewer rows than this when it is the last. */
const fullDumpRows = 4_096;

/** An applied snapshot as stored. */
type StoredSnapshot = { readonly key: string; readonly bytes: number; readonly time: number };

/** Maps the core's commits to rows, and rows back to the state that `LightningCore.create` reads. */
export class CoreState {
  readonly #manager = new ChunkTable();
  /** Stored update ids by monitor. */
  readonly #updates = new Map<string, bigint[]>();
  /** The graph as stored whole has not been replaced by rows or snapshots yet. */
  #hasWholeGraph = false;
  /** Rows of a graph from peers, until a snapshot replaces them. */
  #rowsFromPeers: string[] = [];
  #snapshots: StoredSnapshot[] = [];

  /** Reads the state for `LightningCore.create`; empty for a new node. @throws Error when rows are missing. */
  async load(
    store: CommitStore,
    options: { readonly gossip: "peers" | "snapshots" } = { gossip: "peers" },
  ): Promise<Uint8Array> {
    const manager = await this.#loadManager(store);
    if (manager === undefined) return new Uint8Array();
    const updatesOf = await this.#loadUpdates(store);
    const writer = new ByteWriter(manager.length + 65_536).bytes(manager);
    const images = await store.list(tables.image);
    writer.u32(images.length);
    for (const image of images) {
      const imageId = readUpdateId(image.value);
      const updates = (updatesOf.get(image.key) ?? []).filter(({ id }) => id > imageId);
      this.#updates.set(
        image.key,
        (updatesOf.get(image.key) ?? []).map(({ id }) => id),
      );
      writer.bytes(image.value.subarray(8)).u32(updates.length);
      for (const { bytes } of updates) writer.bytes(bytes);
    }
    const values = await store.list(tables.value);
    writer.u32(values.length);
    for (const { key, value } of values) writer.text(key).bytes(value);
    const whole = await store.read(tables.snapshot, "graph");
    this.#hasWholeGraph = whole !== undefined;
    writer.bytes(whole ?? new Uint8Array());
    writer.bytes((await store.read(tables.snapshot, "scorer")) ?? new Uint8Array());
    await this.#loadGraph(store, writer, options);
    return writer.take();
  }

  /** The snapshots that are stored: the first is a full one, the others are what changed since. */
  get storedSnapshots(): {
    readonly count: number;
    readonly fullBytes: number;
    readonly deltaBytes: number;
    /** The time of the last one, in seconds since 1970; 0 for none. */
    readonly time: number;
  } {
    const [full, ...deltas] = this.#snapshots;
    return {
      count: this.#snapshots.length,
      fullBytes: full?.bytes ?? 0,
      deltaBytes: deltas.reduce((sum, { bytes }) => sum + bytes, 0),
      time: this.#snapshots.at(-1)?.time ?? 0,
    };
  }

  /** The rows that a commit changes. Call it with every commit, in order. Rows may be views of its buffers. */
  changes(commit: CoreCommit): RowChange[] {
    const rows: RowChange[] = [];
    if (commit.manager.length > 0) this.#changeManager(commit.manager, rows);
    for (const image of commit.images) {
      rows.push({
        table: tables.image,
        key: image.name,
        value: concatBytes(writeUpdateId(image.updateId), image.bytes),
      });
      for (const id of this.#updates.get(image.name) ?? []) {
        if (id <= image.updateId)
          rows.push({ table: tables.update, key: updateKey(image.name, id), value: undefined });
      }
      this.#updates.set(
        image.name,
        (this.#updates.get(image.name) ?? []).filter((id) => id > image.updateId),
      );
    }
    for (const update of commit.updates) {
      rows.push({
        table: tables.update,
        key: updateKey(update.name, update.updateId),
        value: update.bytes,
      });
      const ids = this.#updates.get(update.name);
      if (ids === undefined) this.#updates.set(update.name, [update.updateId]);
      else if (!ids.includes(update.updateId)) ids.push(update.updateId);
    }
    for (const name of commit.archived) {
      rows.push({ table: tables.image, key: name, value: undefined });
      for (const id of this.#updates.get(name) ?? []) {
        rows.push({ table: tables.update, key: updateKey(name, id), value: undefined });
      }
      this.#updates.delete(name);
    }
    for (const { key, value } of commit.values) rows.push({ table: tables.value, key, value });
    return rows;
  }

  scorer(bytes: Uint8Array): RowChange {
    return { table: tables.snapshot, key: "scorer", value: bytes };
  }

  /** The changes for rows of a graph from peers. Rows may be views of the core's output. */
  graphChanges(rows: readonly GraphRow[]): RowChange[] {
    const changes: RowChange[] = rows.map(({ key, value }) => ({
      table: tables.graph,
      key,
      value,
    }));
    if (rows.length > 0 && rows.length < fullDumpRows) changes.push(...this.#removeWholeGraph());
    return changes;
  }

  /**
   * The changes that store a snapshot which the core has applied. A full one replaces all before it, and a graph from
   * peers.
   */
  snapshotChanges(snapshot: Uint8Array, kind: "full" | "delta"): RowChange[] {
    const changes: RowChange[] = [];
    const previous = this.#snapshots.at(-1);
    const number =
      previous === undefined ? 1 : Number(previous.key.slice(snapshotPrefix.length)) + 1;
    const key = `${snapshotPrefix}${number.toString().padStart(12, "0")}`;
    changes.push({ table: tables.graph, key, value: snapshot });
    if (kind === "full") {
      const gone = [...this.#snapshots.map((stored) => stored.key), ...this.#rowsFromPeers];
      for (const old of gone) changes.push({ table: tables.graph, key: old, value: undefined });
      changes.push(...this.#removeWholeGraph());
      this.#snapshots = [];
      this.#rowsFromPeers = [];
    }
    this.#snapshots.push(describeSnapshot(key, snapshot));
    return changes;
  }

  #removeWholeGraph(): RowChange[] {
    if (!this.#hasWholeGraph) return [];
    this.#hasWholeGraph = false;
    return [{ table: tables.snapshot, key: "graph", value: undefined }];
  }

  /** Writes the graph's part of the state: nothing when there is none. */
  async #loadGraph(
    store: CommitStore,
    writer: ByteWriter,
    options: { readonly gossip: "peers" | "snapshots" },
  ): Promise<void> {
    const rows = await store.list(tables.graph);
    const snapshots = rows.filter(({ key }) => key.startsWith(snapshotPrefix));
    const fromPeers = rows.filter(({ key }) => !key.startsWith(snapshotPrefix));
    this.#snapshots = snapshots.map(({ key, value }) => describeSnapshot(key, value));
    this.#rowsFromPeers = options.gossip === "snapshots" ? fromPeers.map(({ key }) => key) : [];
    const used = options.gossip === "snapshots" && snapshots.length > 0 ? snapshots : fromPeers;
    if (used.length === 0) return;
    writer.u32(used.length);
    for (const { key, value } of used) writer.text(key).bytes(value);
  }

  #changeManager(manager: Uint8Array, rows: RowChange[]): void {
    const { slots, written, freed } = this.#manager.replace(manager);
    const index = new ByteWriter();
    for (const slot of slots) index.u32(slot);
    rows.push({ table: tables.manager, key: "index", value: index.take() });
    for (const { slot, bytes } of written) {
      rows.push({ table: tables.manager, key: chunkKey(slot), value: bytes });
    }
    for (const slot of freed) {
      rows.push({ table: tables.manager, key: chunkKey(slot), value: undefined });
    }
  }

  async #loadManager(store: CommitStore): Promise<Uint8Array | undefined> {
    const rows = new Map((await store.list(tables.manager)).map(({ key, value }) => [key, value]));
    const index = rows.get("index");
    if (index === undefined) return undefined;
    const reader = new ByteReader(index);
    const chunks: { slot: number; bytes: Uint8Array }[] = [];
    while (!reader.done) {
      const slot = reader.u32();
      const bytes = rows.get(chunkKey(slot));
      if (bytes === undefined)
        throw new Error("the store is damaged: a chunk of the channel manager is missing");
      chunks.push({ slot, bytes });
    }
    this.#manager.load(chunks);
    return concatBytes(...chunks.map(({ bytes }) => bytes));
  }

  async #loadUpdates(
    store: CommitStore,
  ): Promise<Map<string, { id: bigint; bytes: Uint8Array }[]>> {
    const all = new Map<string, { id: bigint; bytes: Uint8Array }[]>();
    for (const { key, value } of await store.list(tables.update)) {
      const slash = key.lastIndexOf("/");
      const name = key.slice(0, slash);
      const update = { id: BigInt(key.slice(slash + 1)), bytes: value };
      const updates = all.get(name);
      if (updates === undefined) all.set(name, [update]);
      else updates.push(update);
    }
    return all;
  }
}

function describeSnapshot(key: string, bytes: Uint8Array): StoredSnapshot {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const time = bytes.length < snapshotTimeOffset + 4 ? 0 : view.getUint32(snapshotTimeOffset);
  return { key, bytes: bytes.length, time };
}

function chunkKey(slot: number): string {
  return slot.toString().padStart(8, "0");
}

function updateKey(name: string, id: bigint): string {
  return `${name}/${id.toString().padStart(20, "0")}`;
}

function writeUpdateId(id: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, id, true);
  return bytes;
}

function readUpdateId(image: Uint8Array): bigint {
  return new DataView(image.buffer, image.byteOffset, image.byteLength).getBigUint64(0, true);
}
