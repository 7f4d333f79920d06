import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export type Reply = {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly cacheControl?: string;
};

/** Sends a reply. One that may be cached gets an ETag, and 304 answers a client that has it already. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status;
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cache-control", reply.cacheControl ?? "no-store");
  const cacheable =
    reply.status === 200 && reply.cacheControl !== undefined && reply.cacheControl !== "no-store";
  if (cacheable) {
    const digest = createHash("sha256").update(reply.body).digest("base64url").slice(0, 22);
    const tag = `"${digest}"`;
    response.setHeader("etag", tag);
    if (request.headers["if-none-match"]?.split(/\s*,\s*/u).includes(tag) === true) {
      response.statusCode = 304;
      response.end();
      return;
    }
  }
  response.setHeader("content-type", reply.type);
  response.end(reply.body);
}

export function plain(status: number, body: string): Reply {
  return { status, type: "text/plain", body };
}
