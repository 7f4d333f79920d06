import type { Express } from "express";
import { listen } from "../web/listen.ts";

export type TestResponse = {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly body: string;
  readonly location: string;
  readonly contentType: string;
};

export type TestServer = {
  readonly url: string;
  readonly request: (path: string, init?: RequestInit) => Promise<TestResponse>;
  readonly close: () => Promise<void>;
};

/** Serves the app on a free port. Redirects are not followed. */
export async function serve(app: Express): Promise<TestServer> {
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  return {
    url: server.url,
    async request(path, init) {
      try {
        const response = await fetch(`${server.url}${path}`, { redirect: "manual", ...init });
        return {
          status: response.status,
          body: await response.text(),
          location: response.headers.get("location") ?? "",
          contentType: response.headers.get("content-type") ?? "",
        };
      } catch {
        return { status: 0, body: "", location: "", contentType: "" };
      }
    },
    close: () => server.close(),
  };
}
