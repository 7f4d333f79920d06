import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import {
  VssMalformed,
  vssErrorResponse,
  vssErrors,
  vssGetRequest,
  vssGetResponse,
  vssListRequest,
  vssListResponse,
  vssPutRequest,
} from "./messages.ts";
import type {
  VssErrorName,
  VssGetRequest,
  VssKeyValue,
  VssListRequest,
  VssListResponse,
  VssPutRequest,
} from "./messages.ts";

/**
 * `conflict`: a version was another one, nothing was written. `no_such_key`. `auth`: the token was refused.
 * `invalid_request`: the server will never take this. `unreachable`: unknown whether it happened.
 */
export type VssFailureCode =
  | "conflict"
  | "no_such_key"
  | "auth"
  | "invalid_request"
  | "unreachable";

export type VssClient = {
  /** Errors: `no_such_key`, and as every call. */
  readonly get: (request: VssGetRequest) => Promise<Result<VssKeyValue, VssFailureCode>>;
  /** All of it or nothing. Errors: `conflict`, and as every call. */
  readonly put: (request: VssPutRequest) => Promise<Result<void, VssFailureCode>>;
  readonly list: (request: VssListRequest) => Promise<Result<VssListResponse, VssFailureCode>>;
};

export type VssClientOptions = {
  /** Where the API is, without a path. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  readonly accessToken: () => Promise<Result<string>>;
  /** The server refused that token: the next `accessToken` gives another one. */
  readonly discardAccessToken: (token: string) => void;
  readonly timeoutMs?: number;
};

/** Talks VSS over HTTP. A refused token is renewed once; nothing else is repeated. */
export function createVssClient(options: VssClientOptions): VssClient {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const send = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? 15_000;

  async function call(
    path: string,
    body: Uint8Array<ArrayBuffer>,
    isSecond = false,
  ): Promise<Result<Uint8Array, VssFailureCode>> {
    const token = await options.accessToken();
    if (!token.ok) return err("unreachable", token.error.message, "unknown");
    let status: number;
    let bytes: Uint8Array;
    try {
      const response = await send(`${baseUrl}/vss/${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token.value}`,
          "content-type": "application/octet-stream",
        },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch {
      return err("unreachable", "The backup's server cannot be reached.", "unknown");
    }
    if (status === 200) return ok(bytes);
    if (status === 401 && !isSecond) {
      options.discardAccessToken(token.value);
      return call(path, body, true);
    }
    return failureOf(status, bytes);
  }

  function reading<Value>(
    answer: Result<Uint8Array, VssFailureCode>,
    decode: (bytes: Uint8Array) => Value | undefined,
  ): Result<Value, VssFailureCode> {
    if (!answer.ok) return answer;
    try {
      const value = decode(answer.value);
      if (value !== undefined) return ok(value);
    } catch (error) {
      if (!(error instanceof VssMalformed)) throw error;
    }
    return err("unreachable", "The backup's answer cannot be understood.", "unknown");
  }

  return {
    get: async (request) =>
      reading(
        await call("getObject", vssGetRequest.encode(request)),
        (bytes) => vssGetResponse.decode(bytes).value,
      ),
    put: async (request) => {
      const answer = await call("putObjects", vssPutRequest.encode(request));
      return answer.ok ? ok(undefined) : answer;
    },
    list: async (request) =>
      reading(await call("listKeyVersions", vssListRequest.encode(request)), (bytes) =>
        vssListResponse.decode(bytes),
      ),
  };
}

const codes: Readonly<Record<Exclude<VssErrorName, "internal">, VssFailureCode>> = {
  conflict: "conflict",
  invalidRequest: "invalid_request",
  noSuchKey: "no_such_key",
  auth: "auth",
};

/** Only what a VSS server says in its own words counts; a proxy's 404 is not a missing key. */
function failureOf(status: number, bytes: Uint8Array): Result<never, VssFailureCode> {
  try {
    const { errorCode, message } = vssErrorResponse.decode(bytes);
    for (const [name, known] of Object.entries(codes)) {
      const error = vssErrors[name as keyof typeof codes];
      if (error.code === errorCode && error.status === status) return err(known, message, "never");
    }
  } catch (error) {
    if (!(error instanceof VssMalformed)) throw error;
  }
  return err("unreachable", `The backup's server answered ${String(status)}.`, "unknown");
}
