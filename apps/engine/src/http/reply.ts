import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export type Reply = {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly cacheControl?: string;
  /** The ETag, where it is known already. */
  readonly etag?: string;
};

/** Sends a reply. One that may be cached gets an ETag, and 304 answers a client that has it already. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status;
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cache-control", reply.cacheControl ?? "no-store");
  const cacheable =
    reply.status === 200 && reply.cacheControl !== undefined && reply.cacheControl !== "no-store";
  if (cacheable) {
    const tag = reply.etag ?? etagOf(reply.body);
    response.setHeader("etag", tag);
    if (request.headers["if-none-match"]?.split(/\s*,\s*/u).includes(tag) === true) {
      response.statusCode = 304;
      response.end();
      return;
    }
  }
  response.setHeader("content-type", reply.type);
  if (reply.status !== 204) response.setHeader("content-length", Buffer.byteLength(reply.body));
  response.end(reply.body);
}

function etagOf(body: string | Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

export function plain(status: number, body: string): Reply {
  return { status, type: "text/plain", body };
}
