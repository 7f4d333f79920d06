import type { Answer } from "./answers.ts";
import { integer, integerOrNull, text } from "../store/rows.ts";
import type { World } from "../world/world.ts";

/** A request and its answer, for the control page. Secrets are removed before it is stored. */
export type LoggedRequest = {
  readonly id: number;
  readonly at: number;
  readonly api: string;
  readonly method: string;
  readonly path: string;
  readonly request: string;
  /** The HTTP status of the answer; null when the connection was reset or closed without an answer. */
  readonly status: number | null;
  readonly response: string;
  readonly faults: string;
};

const maxStoredRequests = 2_000;

export function logRequest(
  world: World,
  request: { readonly method: string; readonly path: string; readonly body: string },
  result: { readonly answer: Answer; readonly api: string; readonly faults: readonly string[] },
): void {
  const { id } = world.database.run(
    `INSERT INTO request_log (at, api, method, path, request, status, response, fault)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    world.clock.now(),
    result.api,
    request.method,
    request.path,
    withoutSecrets(request.body),
    result.answer.type === "text" ? result.answer.status : null,
    result.answer.type === "text" ? withoutSecrets(result.answer.body) : result.answer.type,
    result.faults.join(", "),
  );
  if (id % 100 === 0)
    world.database.run("DELETE FROM request_log WHERE id < ?", id - maxStoredRequests);
}

export function listRequests(world: World, limit: number): readonly LoggedRequest[] {
  return world.database
    .all("SELECT * FROM request_log ORDER BY id DESC LIMIT ?", limit)
    .map((row) => ({
      id: integer(row, "id"),
      at: integer(row, "at"),
      api: text(row, "api"),
      method: text(row, "method"),
      path: text(row, "path"),
      request: text(row, "request"),
      status: integerOrNull(row, "status"),
      response: text(row, "response"),
      faults: text(row, "fault"),
    }));
}

function withoutSecrets(body: string): string {
  return body
    .slice(0, 4_000)
    .replaceAll(
      /("(?:SecurityCredential|Password|access_token)"\s*:\s*)"(?:[^"\\]|\\.)*"/g,
      '$1"•••"',
    )
    .replaceAll(/(Invalid Access Token - )[^"]*/g, "$1•••");
}
