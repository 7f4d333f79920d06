import { problem } from "./responses.ts";
import type { HttpRequest, Reply } from "./responses.ts";

export type Handler = (request: HttpRequest) => Reply | Promise<Reply>;

type Route = {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handler: Handler;
};

/** Finds the handler of a method and a path such as `/handset/:msisdn`. */
export class Router {
  readonly #routes: Route[] = [];

  get(path: string, handler: Handler): void {
    this.#add("GET", path, handler);
  }

  post(path: string, handler: Handler): void {
    this.#add("POST", path, handler);
  }

  put(path: string, handler: Handler): void {
    this.#add("PUT", path, handler);
  }

  patch(path: string, handler: Handler): void {
    this.#add("PATCH", path, handler);
  }

  delete(path: string, handler: Handler): void {
    this.#add("DELETE", path, handler);
  }

  /** Runs the route; an unknown path or method is a problem document. */
  async handle(request: HttpRequest): Promise<Reply> {
    let pathKnown = false;
    const method = request.method === "HEAD" ? "GET" : request.method;
    for (const route of this.#routes) {
      const params = match(route.segments, request.path);
      if (params === undefined) continue;
      pathKnown = true;
      if (route.method === method) return route.handler({ ...request, params });
    }
    return pathKnown
      ? problem(405, "method_not_allowed", `${request.method} is not possible here.`)
      : problem(404, "not_found", "There is nothing at this address.");
  }

  #add(method: string, path: string, handler: Handler): void {
    this.#routes.push({ method, segments: path.split("/"), handler });
  }
}

function match(segments: readonly string[], path: string): Record<string, string> | undefined {
  const parts = path.split("/");
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if (segment.startsWith(":")) {
      const decoded = decode(part);
      if (decoded === undefined || decoded === "") return undefined;
      params[segment.slice(1)] = decoded;
    } else if (segment !== part) return undefined;
  }
  return params;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
