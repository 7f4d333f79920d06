import { BinaryReader } from "@bufbuild/protobuf/wire";
import {
  DeleteObjectRequest,
  ErrorCode,
  ErrorResponse,
  GetObjectRequest,
  GetObjectResponse,
  ListKeyVersionsRequest,
  ListKeyVersionsResponse,
  PutObjectRequest,
} from "../generated/vss/vss.ts";
import type { KeyValue, MessageFns } from "../generated/vss/vss.ts";

export type VssKeyValue = KeyValue;
export type VssGetRequest = GetObjectRequest;
export type VssPutRequest = PutObjectRequest;
export type VssDeleteRequest = DeleteObjectRequest;
export type VssListRequest = ListKeyVersionsRequest;
export type VssListResponse = ListKeyVersionsResponse;

/** The error codes of VSS, each with the HTTP status that it is sent with. */
export const vssErrors = {
  conflict: { code: ErrorCode.CONFLICT_EXCEPTION, status: 409 },
  invalid_request: { code: ErrorCode.INVALID_REQUEST_EXCEPTION, status: 400 },
  internal: { code: ErrorCode.INTERNAL_SERVER_EXCEPTION, status: 500 },
  no_such_key: { code: ErrorCode.NO_SUCH_KEY_EXCEPTION, status: 404 },
  auth: { code: ErrorCode.AUTH_EXCEPTION, status: 401 },
} as const;

export type VssErrorName = keyof typeof vssErrors;

/** The key whose version is the version of the whole store. */
export const vssGlobalVersionKey = "vss_global_version";

/** The bytes are not a well-formed protobuf message. */
export class VssMalformed extends Error {
  override readonly name = "VssMalformed";
}

export const vssGetRequest = /* @__PURE__ */ codec(GetObjectRequest);
export const vssGetResponse = /* @__PURE__ */ codec(GetObjectResponse);
export const vssPutRequest = /* @__PURE__ */ codec(PutObjectRequest);
export const vssDeleteRequest = /* @__PURE__ */ codec(DeleteObjectRequest);
export const vssListRequest = /* @__PURE__ */ codec(ListKeyVersionsRequest);
export const vssListResponse = /* @__PURE__ */ codec(ListKeyVersionsResponse);
export const vssErrorResponse = /* @__PURE__ */ codec(ErrorResponse);

type Codec<Message> = {
  readonly encode: (message: Message) => Uint8Array<ArrayBuffer>;
  /** Skips unknown fields. @throws VssMalformed */
  readonly decode: (bytes: Uint8Array) => Message;
};

function codec<Message>(message: MessageFns<Message>): Codec<Message> {
  return {
    encode: (value) => message.encode(value).finish(),
    decode: (bytes) => {
      try {
        assertWellFormed(bytes);
        return message.decode(bytes);
      } catch (error) {
        throw new VssMalformed(error instanceof Error ? error.message : "not protobuf");
      }
    },
  };
}

/**
 * The generated decoders stop without an error at a tag that is 0 or ends a group, and `<` is one of those: an HTML page
 * sent with status 200 would be read as an empty message, which for a list means that there is no backup.
 */
function assertWellFormed(bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    reader.skip(type, field);
  }
}
