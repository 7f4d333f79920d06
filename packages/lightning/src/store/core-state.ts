import { concatBytes } from "@noble/hashes/utils.js";
import { ByteReader, ByteWriter } from "../encoding/byte-buffer.ts";
import type { CoreCommit } from "../core/output.ts";
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
  snapshot: "core-snapshot",
} as const;

/** Maps the core's commits to rows, and rows back to the state that `LightningCore.create` reads. */
export class CoreState {
  readonly #manager = new ChunkTable();
  /** Stored update ids by monitor. */
  readonly #updates = new Map<string, bigint[]>();

  /** Reads the state for `LightningCore.create`; empty for a new node. @throws Error when rows are missing. */
  async load(store: CommitStore): Promise<Uint8Array> {
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
    for (const kind of ["graph", "scorer"] as const) {
      writer.bytes((await store.read(tables.snapshot, kind)) ?? new Uint8Array());
    }
    return writer.take();
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

  snapshot(kind: "graph" | "scorer", bytes: Uint8Array): RowChange {
    return { table: tables.snapshot, key: kind, value: bytes };
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
