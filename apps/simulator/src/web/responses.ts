import type { ServerResponse } from "node:http";

/** What a request came with. `params` are the named parts of the path. */
export type HttpRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly params: Readonly<Record<string, string>>;
};

export type Reply =
  | {
      readonly type: "content";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  /** Closes the connection in the middle. */
  | { readonly type: "reset" }
  /** Keeps the connection open without a word, then closes it. */
  | { readonly type: "silence"; readonly forMs: number }
  /** Writes for as long as it likes; called with the open response. */
  | { readonly type: "stream"; readonly start: (response: ServerResponse) => void };

/** The headers of every page: nothing from anywhere else, no inline script or style, no frames. */
const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

export function page(
  html: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    type: "content",
    status,
    headers: { ...pageHeaders, "content-type": "text/html; charset=utf-8", ...headers },
    body: html,
  };
}

export function json(value: unknown, status = 200): Reply {
  return {
    type: "content",
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
    body: JSON.stringify(value, (_key, member: unknown) =>
      typeof member === "bigint" ? member.toString() : member,
    ),
  };
}

/** An RFC 9457 problem document with a stable code. */
export function problem(status: number, code: string, detail: string): Reply {
  return {
    type: "content",
    status,
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
    body: JSON.stringify({ type: `about:blank#${code}`, title: code, status, code, detail }),
  };
}

/** After a form: the browser fetches the page anew. */
export function seeOther(path: string): Reply {
  return {
    type: "content",
    status: 303,
    headers: { ...pageHeaders, location: path },
    body: "",
  };
}
