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
  VssGetRequest,
  VssKeyValue,
  VssListRequest,
  VssListResponse,
  VssPutRequest,
} from "./messages.ts";

/**
 * `conflict`: a version in the request is not the stored one; nothing was written. `no_such_key`: the object does not
 * exist. `auth`: the access token was refused twice. `invalid_request`: the server will never accept this request.
 * `unreachable`: no usable response; the request may have been carried out.
 */
export type VssFailureCode =
  | "conflict"
  | "no_such_key"
  | "auth"
  | "invalid_request"
  | "unreachable";

export type VssClient = {
  /** Errors: `no_such_key`, `auth`, `invalid_request`, `unreachable`. */
  readonly get: (request: VssGetRequest) => Promise<Result<VssKeyValue, VssFailureCode>>;
  /** Atomic: writes and deletes everything or nothing. Errors: `conflict`, `auth`, `invalid_request`, `unreachable`. */
  readonly put: (request: VssPutRequest) => Promise<Result<void, VssFailureCode>>;
  /** Errors: `auth`, `invalid_request`, `unreachable`. */
  readonly list: (request: VssListRequest) => Promise<Result<VssListResponse, VssFailureCode>>;
};

export type VssClientOptions = {
  /** Origin of the API, without a path. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  readonly accessToken: () => Promise<Result<string>>;
  /** Called after the server refused the token: the next `accessToken` must return another one. */
  readonly discardAccessToken: (token: string) => void;
  readonly timeoutMs?: number;
};

/** A VSS client over HTTP. Renews a refused token once; retries nothing else. */
export function createVssClient(options: VssClientOptions): VssClient {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const send = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? 15_000;

  async function call(
    path: string,
    body: Uint8Array<ArrayBuffer>,
    isRetry = false,
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
      return err("unreachable", "The backup server cannot be reached.", "unknown");
    }
    if (status === 200) return ok(bytes);
    if (status === 401 && !isRetry) {
      options.discardAccessToken(token.value);
      return call(path, body, true);
    }
    return failureOf(status, bytes);
  }

  function decoded<Value>(
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
    return err("unreachable", "The backup server sent a response that cannot be read.", "unknown");
  }

  return {
    get: async (request) =>
      decoded(
        await call("getObject", vssGetRequest.encode(request)),
        (bytes) => vssGetResponse.decode(bytes).value,
      ),
    put: async (request) => {
      const answer = await call("putObjects", vssPutRequest.encode(request));
      return answer.ok ? ok(undefined) : answer;
    },
    list: async (request) =>
      decoded(await call("listKeyVersions", vssListRequest.encode(request)), (bytes) =>
        vssListResponse.decode(bytes),
      ),
  };
}

const refusals = ["conflict", "invalid_request", "no_such_key", "auth"] as const;

/** Accepts a VSS error only if its code matches the HTTP status: a proxy's 404 does not mean that a key is missing. */
function failureOf(status: number, bytes: Uint8Array): Result<never, VssFailureCode> {
  try {
    const { errorCode, message } = vssErrorResponse.decode(bytes);
    const refusal = refusals.find((name) => {
      const error = vssErrors[name];
      return error.code === errorCode && error.status === status;
    });
    if (refusal !== undefined) return err(refusal, message, "never");
  } catch (error) {
    if (!(error instanceof VssMalformed)) throw error;
  }
  return err("unreachable", `The backup server answered with status ${String(status)}.`, "unknown");
}
