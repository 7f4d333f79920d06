import express from "express";
import type { ErrorRequestHandler, Express, Request, Response } from "express";
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
} from "@satsconnect/contracts/vss";
import type { VssErrorName } from "@satsconnect/contracts/vss";
import type { Result } from "@satsconnect/money";
import type { Principal } from "../../app/auth/access-token.ts";
import type { Sessions } from "../../app/auth/sessions.ts";
import type { RateLimits } from "../../app/rate-limits.ts";
import type { Logger } from "../../app/logger.ts";
import { addressRange } from "../address-range.ts";
import { authenticateBearer } from "../bearer.ts";
import { correlationIdOf } from "../problem.ts";
import { backupLimits } from "../../app/backup/backup-request.ts";
import type { BackupErrorCode, BackupStore } from "../../app/backup/backup-store.ts";

export type BackupRoutesOptions = {
  readonly store: BackupStore;
  readonly sessions: Sessions;
  readonly rateLimits: RateLimits;
  readonly log: Logger;
};

type Answer = Result<Uint8Array, BackupErrorCode>;
type Call = (walletId: string, body: Uint8Array) => Promise<Answer>;

/** Calls that change a backup. A stolen refresh token must not be able to destroy one. */
const writes: ReadonlySet<string> = new Set(["putObjects", "deleteObject"]);

/**
 * VSS over HTTP as its clients expect it: POST, protobuf requests and responses, errors as `ErrorResponse`. A store
 * belongs to the wallet of the access token: two wallets that use the same store id have separate stores.
 */
export function mountBackup(app: Express, options: BackupRoutesOptions): void {
  const { store, sessions, rateLimits, log } = options;
  const emptyBody = new Uint8Array();
  const calls: Readonly<Record<string, Call>> = {
    getObject: async (walletId, body) => {
      const found = await store.get(walletId, vssGetRequest.decode(body));
      return found.ok ? { ok: true, value: vssGetResponse.encode({ value: found.value }) } : found;
    },
    putObjects: async (walletId, body) => {
      const written = await store.put(walletId, vssPutRequest.decode(body));
      return written.ok ? { ok: true, value: emptyBody } : written;
    },
    deleteObject: async (walletId, body) => {
      const removed = await store.remove(walletId, vssDeleteRequest.decode(body));
      return removed.ok ? { ok: true, value: emptyBody } : removed;
    },
    listKeyVersions: async (walletId, body) => {
      const page = await store.list(walletId, vssListRequest.decode(body));
      return page.ok ? { ok: true, value: vssListResponse.encode(page.value) } : page;
    },
  };

  async function authenticate(request: Request, response: Response): Promise<Principal | null> {
    const principal = await authenticateBearer(sessions, request.get("authorization"));
    if (principal?.ok === true) return principal.value;
    // Rate-limit failed authentication by IP address, to prevent guessing of tokens.
    const admitted = await rateLimits.consume("address", addressRange(request.ip ?? "unknown"));
    if (!admitted.ok) failRateLimited(response, admitted.retryAfterSeconds ?? 1);
    else fail(response, "auth", "Send a valid access token: Authorization: Bearer …");
    return null;
  }

  async function answer(
    name: string,
    call: Call,
    request: Request,
    response: Response,
  ): Promise<void> {
    const principal = await authenticate(request, response);
    if (principal === null) return;
    if (writes.has(name) && !principal.signed) {
      // Clients discard a refused token, and refresh with an assertion.
      fail(response, "auth", "Refresh with an assertion: the node's key must sign for a write.");
      return;
    }
    const admitted = await rateLimits.consume("backup", principal.walletId);
    if (!admitted.ok) return failRateLimited(response, admitted.retryAfterSeconds ?? 1);
    const body = request.body instanceof Uint8Array ? request.body : emptyBody;
    let result: Answer;
    try {
      result = await call(principal.walletId, body);
    } catch (error) {
      if (error instanceof VssMalformed)
        return fail(
          response,
          "invalid_request",
          "The body is not a valid protobuf request of this call.",
        );
      throw error;
    }
    if (result.ok) {
      removeBrowserHeaders(response);
      response.status(200).set("cache-control", "no-store").type("application/octet-stream");
      response.end(result.value);
    } else if (result.error.code === "store_full") {
      fail(response, "invalid_request", result.error.message, 413);
    } else fail(response, result.error.code, result.error.message);
  }

  for (const [name, call] of Object.entries(calls)) {
    app.post(`/vss/${name}`, parseBody, (request, response) => {
      response.locals["route"] = `vss/${name}`;
      return answer(name, call, request, response);
    });
  }
  app.use("/vss", errorHandler(log));
}

/** Accepts any content type: VSS clients send none, or `application/octet-stream`. */
const parseBody = express.raw({ limit: backupLimits.bytesPerRequest, type: () => true });

/**
 * Removes headers that matter only when a browser renders a page. The responses are encrypted bytes, and wallets are often
 * on slow connections.
 */
function removeBrowserHeaders(response: Response): void {
  for (const name of response.getHeaderNames())
    if (!name.startsWith("access-control-") && !keptHeaders.has(name)) response.removeHeader(name);
}

const keptHeaders: ReadonlySet<string> = new Set([
  "cross-origin-resource-policy",
  "strict-transport-security",
  "vary",
  "x-content-type-options",
  "x-request-id",
]);

function fail(
  response: Response,
  name: VssErrorName,
  message: string,
  status?: number,
  retryAfterSeconds?: number,
): void {
  const error = vssErrors[name];
  removeBrowserHeaders(response);
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
  if (error.status === 401) response.setHeader("www-authenticate", "Bearer");
  response
    .status(status ?? error.status)
    .set("cache-control", "no-store")
    .type("application/octet-stream")
    .end(vssErrorResponse.encode({ errorCode: error.code, message }));
}

/** VSS defines no error code for a rate limit; INTERNAL_SERVER_EXCEPTION makes its clients retry later. */
function failRateLimited(response: Response, retryAfterSeconds: number): void {
  fail(
    response,
    "internal",
    `Too many requests. Retry in ${retryAfterSeconds} s.`,
    429,
    retryAfterSeconds,
  );
}

function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const status =
      typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
    const isClientError = typeof status === "number" && status >= 400 && status < 500;
    if (!isClientError)
      log.error({ correlationId: response.locals["correlationId"], error }, "request failed");
    if (response.headersSent) return next(error);
    if (isClientError)
      fail(
        response,
        "invalid_request",
        status === 413
          ? `The body must not exceed ${backupLimits.bytesPerRequest} bytes.`
          : "The body could not be read.",
        status,
      );
    else
      fail(
        response,
        "internal",
        `An internal error occurred (request id ${correlationIdOf(response)}).`,
      );
  };
}
