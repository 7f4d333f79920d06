import { describe, expect, test } from "vitest";
import {
  VssMalformed,
  vssDeleteRequest,
  vssErrorResponse,
  vssErrors,
  vssGetRequest,
  vssGetResponse,
  vssListRequest,
  vssListResponse,
  vssPutRequest,
} from "./messages.ts";

const item = { key: "k", version: -1n, value: Uint8Array.of(1, 2, 3) };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** Parses a vector: hex with a space between fields. */
const bytesOf = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** Written by hand from the field numbers of the published `vss.proto`. */
const vectors = [
  ["getObject", vssGetRequest, { storeId: "s", key: "k" }, "0a0173 12016b"],
  [
    "an object",
    vssGetResponse,
    { value: { ...item, version: 300n } },
    "120b 0a016b 10ac02 1a03010203",
  ],
  ["no object", vssGetResponse, { value: undefined }, ""],
  [
    "putObjects",
    vssPutRequest,
    {
      storeId: "s",
      globalVersion: 0n,
      transactionItems: [item],
      deleteItems: [{ key: "", version: 0n, value: new Uint8Array() }],
    },
    "0a0173 1000 1a13 0a016b 10ffffffffffffffffff01 1a03010203 2200",
  ],
  [
    "putObjects without the version of the store",
    vssPutRequest,
    { storeId: "s", globalVersion: undefined, transactionItems: [], deleteItems: [] },
    "0a0173",
  ],
  [
    "deleteObject",
    vssDeleteRequest,
    { storeId: "s", keyValue: { ...item, version: 0n, value: new Uint8Array() } },
    "0a0173 12030a016b",
  ],
  [
    "listKeyVersions",
    vssListRequest,
    { storeId: "s", keyPrefix: "", pageSize: 100, pageToken: "7" },
    "0a0173 1200 1864 220137",
  ],
  [
    "a page of keys",
    vssListResponse,
    { keyVersions: [item], nextPageToken: "", globalVersion: 5n },
    "0a13 0a016b 10ffffffffffffffffff01 1a03010203 1200 1805",
  ],
  [
    "an error",
    vssErrorResponse,
    { errorCode: vssErrors.no_such_key.code, message: "no" },
    "0804 12026e6f",
  ],
] as const;

test.each(vectors)("encodes and decodes %s", (_name, codec, message, bytes) => {
  const { encode, decode } = codec as typeof vssGetRequest;
  expect(hex(encode(message as never))).toBe(bytes.replaceAll(" ", ""));
  expect(decode(bytesOf(bytes))).toEqual(message);
});

test("skips unknown fields and fields of another wire type", () => {
  const bytes = bytesOf("0a0173 1005 3a0178 7801");
  expect(vssGetRequest.decode(bytes)).toEqual({ storeId: "s", key: "" });
});

describe("refuses as malformed", () => {
  test.each([
    ["a field that is cut off", "0aff"],
    ["a varint that does not end", "10ff"],
    ["field number 0", "00"],
    ["the end of a group", "3c"],
    ["a field number that is too large", "ffffffffff01"],
  ])("%s", (_name, bytes) => {
    expect(() => vssListResponse.decode(bytesOf(bytes))).toThrow(VssMalformed);
  });

  test("a web page, which is not an empty list", () => {
    const page = new TextEncoder().encode("<!doctype html><title>Sign in to this network</title>");
    expect(() => vssListResponse.decode(page)).toThrow(VssMalformed);
  });
});
