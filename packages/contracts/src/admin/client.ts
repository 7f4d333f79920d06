import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { z } from "zod";
import { exchange } from "../client/transport.ts";
import type { RouteBodyInput, RouteQueryInput, RouteResponse } from "../rest/route.ts";
import type { AdminRoute } from "./route.ts";
import { adminRoutes } from "./routes.ts";

type Answer<R extends AdminRoute> = Promise<Result<RouteResponse<R>>>;
type Routes = typeof adminRoutes;

/** The arguments of a call: only the parts that its route has. */
export type AdminCallInput<R extends AdminRoute> = (R extends { readonly params: z.ZodType }
  ? { readonly params: Readonly<Record<string, string>> }
  : { readonly params?: undefined }) &
  (RouteBodyInput<R> extends undefined
    ? { readonly body?: undefined }
    : { readonly body: RouteBodyInput<R> }) & { readonly query?: RouteQueryInput<R> };

export type AdminClientOptions = {
  /** URL of the listener without a path; empty for the page's own origin. */
  readonly baseUrl: string;
  /** Sends the requests: a browser's `fetch` sends the session cookie, satsctl's sends the client certificate. */
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
};

/** Calls an endpoint of the admin API. Failures are values, as those of `createApiClient`. Never repeats a call. */
export type AdminClient = <Id extends keyof Routes>(
  id: Id,
  ...input: Partial<AdminCallInput<Routes[Id]>> extends AdminCallInput<Routes[Id]>
    ? [input?: AdminCallInput<Routes[Id]>]
    : [input: AdminCallInput<Routes[Id]>]
) => Answer<Routes[Id]>;

export function createAdminClient(options: AdminClientOptions): AdminClient {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const send = options.fetch ?? fetch;
  return async (id, ...[input]) => {
    const route: AdminRoute = adminRoutes[id];
    const { params, query, body } = (input ?? {}) as {
      readonly params?: Readonly<Record<string, string>>;
      readonly query?: Readonly<Record<string, string | number | undefined>>;
      readonly body?: unknown;
    };
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      encodeURIComponent(params?.[name] ?? ""),
    );
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) search.set(name, String(value));
    }
    const answer = await exchange(send, {
      method: route.method.toUpperCase(),
      url: `${baseUrl}${path}${search.size === 0 ? "" : `?${search.toString()}`}`,
      // Without a body too: a page of another site cannot send this type without the server's consent.
      headers: route.method === "get" ? {} : { "content-type": "application/json" },
      ...(route.method === "get" ? {} : { body: JSON.stringify(body ?? {}) }),
      timeoutMs: options.timeoutMs ?? 30_000,
    });
    return answer.ok ? ok(answer.value.json as RouteResponse<Routes[typeof id]>) : answer;
  };
}
