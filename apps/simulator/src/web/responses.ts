import type { Response } from "express";

/** Headers of every page: nothing from other origins, no inline script or style, no frames. */
const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};
const dataHeaders = { "x-content-type-options": "nosniff", "cache-control": "no-store" } as const;

export function sendPage(
  response: Response,
  html: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.status(status).set(pageHeaders).set(headers).type("html").send(html);
}

/** JSON with bigints as strings. */
export function sendJson(response: Response, value: unknown, status = 200): void {
  const body = JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? member.toString() : member,
  );
  response.status(status).set(dataHeaders).type("json").send(body);
}

/** An RFC 9457 problem document with a stable code. */
export function sendProblem(
  response: Response,
  status: number,
  code: string,
  detail: string,
): void {
  response
    .status(status)
    .set(dataHeaders)
    .type("application/problem+json")
    .send(JSON.stringify({ type: `about:blank#${code}`, title: code, status, code, detail }));
}

/** Redirects after a form was submitted, so that the browser loads the page with GET. */
export function seeOther(response: Response, path: string): void {
  response.status(303).set(pageHeaders).location(path).end();
}

/** Sends a body with exactly this content type. Express would append or rewrite its charset. */
export function sendExactly(
  response: Response,
  status: number,
  contentType: string,
  body: string | Uint8Array,
): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
