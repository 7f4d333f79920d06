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

/**
 * VSS over HTTP, as its clients speak it: POST, protobuf both ways, errors as its `ErrorResponse`. A store belongs to
 * the wallet of the access token: the same store id of another wallet is another store.
 */
export function mountBackup(app: Express, options: BackupRoutesOptions): void {
  const { store, sessions, rateLimits, log } = options;
  const empty = new Uint8Array();
  const calls: Readonly<Record<string, Call>> = {
    getObject: async (walletId, body) => {
      const found = await store.get(walletId, vssGetRequest.decode(body));
      return found.ok ? { ok: true, value: vssGetResponse.encode({ value: found.value }) } : found;
    },
    putObjects: async (walletId, body) => {
      const written = await store.put(walletId, vssPutRequest.decode(body));
      return written.ok ? { ok: true, value: empty } : written;
    },
    deleteObject: async (walletId, body) => {
      const removed = await store.remove(walletId, vssDeleteRequest.decode(body));
      return removed.ok ? { ok: true, value: empty } : removed;
    },
    listKeyVersions: async (walletId, body) => {
      const page = await store.list(walletId, vssListRequest.decode(body));
      return page.ok ? { ok: true, value: vssListResponse.encode(page.value) } : page;
    },
  };

  async function authenticate(request: Request, response: Response): Promise<Principal | null> {
    const token = /^Bearer ([A-Za-z0-9_.-]{1,4096})$/i.exec(
      request.get("authorization") ?? "",
    )?.[1];
    const principal = token === undefined ? null : await sessions.authenticate(token);
    if (principal?.ok === true) return principal.value;
    // Guessing tokens is what this budget is about.
    const admitted = await rateLimits.consume("address", request.ip ?? "unknown");
    if (!admitted.ok) tooMany(response, admitted.retryAfterSeconds ?? 1);
    else fail(response, "auth", "Send an access token: Authorization: Bearer …");
    return null;
  }

  async function answer(call: Call, request: Request, response: Response): Promise<void> {
    const principal = await authenticate(request, response);
    if (principal === null) return;
    const admitted = await rateLimits.consume("backup", principal.walletId);
    if (!admitted.ok) return tooMany(response, admitted.retryAfterSeconds ?? 1);
    const body = request.body instanceof Uint8Array ? request.body : empty;
    let result: Answer;
    try {
      result = await call(principal.walletId, body);
    } catch (error) {
      if (error instanceof VssMalformed)
        return fail(
          response,
          "invalid_request",
          "The body is not the message that this call takes.",
        );
      throw error;
    }
    if (result.ok) {
      lighten(response);
      response.status(200).set("cache-control", "no-store").type("application/octet-stream");
      response.end(result.value);
    } else if (result.error.code === "store_full") {
      fail(response, "invalid_request", result.error.message, 413);
    } else fail(response, result.error.code, result.error.message);
  }

  for (const [name, call] of Object.entries(calls)) {
    app.post(`/vss/${name}`, bodyOf, (request, response) => {
      response.locals["route"] = `vss/${name}`;
      return answer(call, request, response);
    });
  }
  app.use("/vss", faults(log));
}

/** Whatever it says it is: VSS's clients name no type, or `application/octet-stream`. */
const bodyOf = express.raw({ limit: backupLimits.bytesPerRequest, type: () => true });

/**
 * A wallet on a thin link waits for every byte of an answer: what tells a browser how to show a page says nothing about
 * sealed bytes.
 */
function lighten(response: Response): void {
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
  lighten(response);
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
  if (error.status === 401) response.setHeader("www-authenticate", "Bearer");
  response
    .status(status ?? error.status)
    .set("cache-control", "no-store")
    .type("application/octet-stream")
    .end(vssErrorResponse.encode({ errorCode: error.code, message }));
}

/** VSS has no code for it; its INTERNAL_SERVER_EXCEPTION says what to do: try again, more slowly. */
function tooMany(response: Response, retryAfterSeconds: number): void {
  fail(response, "internal", "Too many requests. Try again later.", 429, retryAfterSeconds);
}

function faults(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const status =
      typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
    const isTheirs = typeof status === "number" && status >= 400 && status < 500;
    if (!isTheirs)
      log.error({ correlationId: response.locals["correlationId"], error }, "a request failed");
    if (response.headersSent) return next(error);
    if (isTheirs) fail(response, "invalid_request", "The body cannot be read.", status);
    else fail(response, "internal", "Something broke on our side. It was recorded.");
  };
}
