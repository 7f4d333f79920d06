import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * The messages of the Versioned Storage Service (VSS), with the field numbers of its published `vss.proto`. Written by
 * hand, because the wallet reads them in browsers: what is generated for the services works with Node.js's buffers.
 */

/** A key, the version that the client knows of it (0: none yet, -1: whatever it is), and a value. */
export type VssKeyValue = {
  readonly key: string;
  readonly version: bigint;
  readonly value: Uint8Array;
};

export type VssGetRequest = { readonly storeId: string; readonly key: string };
export type VssGetResponse = { readonly value: VssKeyValue | undefined };

export type VssPutRequest = {
  readonly storeId: string;
  /** What the whole store's version must be; it grows by one. Undefined: not looked at and left as it is. */
  readonly globalVersion: bigint | undefined;
  readonly puts: readonly VssKeyValue[];
  readonly deletes: readonly VssKeyValue[];
};

export type VssDeleteRequest = {
  readonly storeId: string;
  readonly keyValue: VssKeyValue | undefined;
};

export type VssListRequest = {
  readonly storeId: string;
  readonly keyPrefix: string | undefined;
  readonly pageSize: number | undefined;
  readonly pageToken: string | undefined;
};

export type VssListResponse = {
  readonly keyVersions: readonly VssKeyValue[];
  readonly nextPageToken: string | undefined;
  /** Only in the first page. */
  readonly globalVersion: bigint | undefined;
};

/** `ErrorCode`, and the HTTP status that goes with each. */
export const vssErrors = {
  conflict: { code: 1, status: 409 },
  invalidRequest: { code: 2, status: 400 },
  internal: { code: 3, status: 500 },
  noSuchKey: { code: 4, status: 404 },
  auth: { code: 5, status: 401 },
} as const;

export type VssErrorName = keyof typeof vssErrors;
export type VssErrorResponse = { readonly code: number; readonly message: string };

/** The key under which a store's own version can be asked for. */
export const vssGlobalVersionKey = "vss_global_version";

/** Bytes that are no such message. */
export class VssMalformed extends Error {
  override readonly name = "VssMalformed";
}

type Field = (reader: BinaryReader) => void;

/** Reads a message field by field; what is unknown is skipped, what is not protobuf is refused. @throws VssMalformed */
function read(
  bytes: Uint8Array,
  fields: Readonly<Record<number, readonly [WireType, Field]>>,
): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const field = fields[number];
      if (field?.[0] === type) field[1](reader);
      else reader.skip(type, number);
    }
    if (reader.pos !== reader.len) throw new VssMalformed("a field that does not end");
  } catch (error) {
    if (error instanceof VssMalformed) throw error;
    throw new VssMalformed(error instanceof Error ? error.message : "not protobuf");
  }
}

function int64(reader: BinaryReader): bigint {
  return BigInt(reader.int64());
}

const { LengthDelimited: length, Varint: varint } = WireType;

function writeKeyValue(writer: BinaryWriter, field: number, item: VssKeyValue): void {
  writer.tag(field, length).fork();
  if (item.key !== "") writer.tag(1, length).string(item.key);
  if (item.version !== 0n) writer.tag(2, varint).int64(item.version);
  if (item.value.length > 0) writer.tag(3, length).bytes(item.value);
  writer.join();
}

function readKeyValue(bytes: Uint8Array): VssKeyValue {
  let [key, version, value] = ["", 0n, new Uint8Array() as Uint8Array];
  read(bytes, {
    1: [length, (reader) => (key = reader.string())],
    2: [varint, (reader) => (version = int64(reader))],
    3: [length, (reader) => (value = reader.bytes())],
  });
  return { key, version, value };
}

export const vssGetRequest = {
  encode(message: VssGetRequest): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    writer.tag(1, length).string(message.storeId);
    writer.tag(2, length).string(message.key);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssGetRequest {
    let [storeId, key] = ["", ""];
    read(bytes, {
      1: [length, (reader) => (storeId = reader.string())],
      2: [length, (reader) => (key = reader.string())],
    });
    return { storeId, key };
  },
};

export const vssGetResponse = {
  encode(message: VssGetResponse): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    if (message.value !== undefined) writeKeyValue(writer, 2, message.value);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssGetResponse {
    let value: VssKeyValue | undefined;
    read(bytes, { 2: [length, (reader) => (value = readKeyValue(reader.bytes()))] });
    return { value };
  },
};

export const vssPutRequest = {
  encode(message: VssPutRequest): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    writer.tag(1, length).string(message.storeId);
    if (message.globalVersion !== undefined) writer.tag(2, varint).int64(message.globalVersion);
    for (const item of message.puts) writeKeyValue(writer, 3, item);
    for (const item of message.deletes) writeKeyValue(writer, 4, item);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssPutRequest {
    let storeId = "";
    let globalVersion: bigint | undefined;
    const puts: VssKeyValue[] = [];
    const deletes: VssKeyValue[] = [];
    read(bytes, {
      1: [length, (reader) => (storeId = reader.string())],
      2: [varint, (reader) => (globalVersion = int64(reader))],
      3: [length, (reader) => puts.push(readKeyValue(reader.bytes()))],
      4: [length, (reader) => deletes.push(readKeyValue(reader.bytes()))],
    });
    return { storeId, globalVersion, puts, deletes };
  },
};

export const vssDeleteRequest = {
  encode(message: VssDeleteRequest): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    writer.tag(1, length).string(message.storeId);
    if (message.keyValue !== undefined) writeKeyValue(writer, 2, message.keyValue);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssDeleteRequest {
    let storeId = "";
    let keyValue: VssKeyValue | undefined;
    read(bytes, {
      1: [length, (reader) => (storeId = reader.string())],
      2: [length, (reader) => (keyValue = readKeyValue(reader.bytes()))],
    });
    return { storeId, keyValue };
  },
};

export const vssListRequest = {
  encode(message: VssListRequest): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    writer.tag(1, length).string(message.storeId);
    if (message.keyPrefix !== undefined) writer.tag(2, length).string(message.keyPrefix);
    if (message.pageSize !== undefined) writer.tag(3, varint).int32(message.pageSize);
    if (message.pageToken !== undefined) writer.tag(4, length).string(message.pageToken);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssListRequest {
    let storeId = "";
    let keyPrefix: string | undefined;
    let pageSize: number | undefined;
    let pageToken: string | undefined;
    read(bytes, {
      1: [length, (reader) => (storeId = reader.string())],
      2: [length, (reader) => (keyPrefix = reader.string())],
      3: [varint, (reader) => (pageSize = reader.int32())],
      4: [length, (reader) => (pageToken = reader.string())],
    });
    return { storeId, keyPrefix, pageSize, pageToken };
  },
};

export const vssListResponse = {
  encode(message: VssListResponse): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    for (const item of message.keyVersions) writeKeyValue(writer, 1, item);
    if (message.nextPageToken !== undefined) writer.tag(2, length).string(message.nextPageToken);
    if (message.globalVersion !== undefined) writer.tag(3, varint).int64(message.globalVersion);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssListResponse {
    const keyVersions: VssKeyValue[] = [];
    let nextPageToken: string | undefined;
    let globalVersion: bigint | undefined;
    read(bytes, {
      1: [length, (reader) => keyVersions.push(readKeyValue(reader.bytes()))],
      2: [length, (reader) => (nextPageToken = reader.string())],
      3: [varint, (reader) => (globalVersion = int64(reader))],
    });
    return { keyVersions, nextPageToken, globalVersion };
  },
};

export const vssErrorResponse = {
  encode(message: VssErrorResponse): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    writer.tag(1, varint).int32(message.code);
    writer.tag(2, length).string(message.message);
    return writer.finish();
  },
  decode(bytes: Uint8Array): VssErrorResponse {
    let [code, message] = [0, ""];
    read(bytes, {
      1: [varint, (reader) => (code = reader.int32())],
      2: [length, (reader) => (message = reader.string())],
    });
    return { code, message };
  },
};
