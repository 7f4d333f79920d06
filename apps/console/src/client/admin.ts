import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { problemSchema } from "@satsconnect/contracts";
import type { Endpoint, RouteBodyInput, RouteQueryInput, RouteResponse } from "@satsconnect/contracts";
import { learnTime } from "./clock.ts";

type Input<R extends Endpoint> = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: RouteQueryInput<R>;
  readonly body?: RouteBodyInput<R>;
};

const timeoutMs = 30_000;

/**
 * Calls an endpoint of the admin API on this page's own origin, with the session's cookie. Errors: the server's problem
 * codes; `network_unreachable` and `answer_malformed`, with retry `unknown` where the call may have arrived.
 */
export async function call<R extends Endpoint>(
  route: R,
  input: Input<R> = {},
): Promise<Result<RouteResponse<R>>> {
  const path = route.path.replaceAll(/\{(\w+)\}/gu, (_whole, name: string) =>
    encodeURIComponent(input.params?.[name] ?? ""),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined && value !== "") query.set(name, String(value));
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${path}${query.size === 0 ? "" : `?${query.toString()}`}`, {
      method: route.method.toUpperCase(),
      headers: {
        accept: "application/json",
        ...(route.method === "get" ? {} : { "content-type": "application/json" }),
      },
      ...(route.method === "get" ? {} : { body: JSON.stringify(input.body ?? {}) }),
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch {
    return err("network_unreachable", "The server cannot be reached.", "unknown");
  }
  learnTime(Date.parse(response.headers.get("date") ?? ""));
  let json: unknown;
  try {
    json = text === "" ? undefined : JSON.parse(text);
  } catch {
    return malformed(response.status);
  }
  if (response.ok) return ok(json as RouteResponse<R>);
  const problem = problemSchema.safeParse(json);
  return problem.success
    ? err(problem.data.code, problem.data.detail, problem.data.retry)
    : malformed(response.status);
}

function malformed(status: number): Result<never> {
  return err(
    "answer_malformed",
    `The server's answer (status ${String(status)}) cannot be read.`,
    "unknown",
  );
}
