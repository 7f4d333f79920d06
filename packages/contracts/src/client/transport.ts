import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { problemSchema } from "../rest/problems.ts";

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
};

/**
 * Sends one request. Errors: the server's problem code; `network_unreachable` and `answer_timed_out`, both with retry
 * `unknown` because the request may have arrived; `answer_malformed`.
 */
export async function exchange(
  send: typeof fetch,
  request: HttpRequest,
): Promise<Result<HttpAnswer>> {
  let response: Response;
  let text: string;
  try {
    response = await send(request.url, {
      method: request.method,
      headers: { accept: "application/json", ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: "error",
      signal: AbortSignal.timeout(request.timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    return networkFailure(error);
  }
  return readAnswer(response, text);
}

/** The JSON of a success, or the problem document as a failure. Errors: the server's code; `answer_malformed`. */
export function readAnswer(response: Response, text: string): Result<HttpAnswer> {
  let json: unknown;
  try {
    json = text === "" ? undefined : JSON.parse(text);
  } catch {
    return malformed(response.status);
  }
  if (response.ok) return ok({ status: response.status, headers: response.headers, json });
  const problem = problemSchema.safeParse(json);
  if (!problem.success) return malformed(response.status);
  return err(problem.data.code, problem.data.detail, problem.data.retry);
}

/** The failure of a request that threw: `answer_timed_out` or `network_unreachable`. It may have arrived. */
export function networkFailure(error: unknown): Result<never> {
  return error instanceof Error && error.name === "TimeoutError"
    ? err("answer_timed_out", "The server did not answer in time.", "unknown")
    : err("network_unreachable", "The server cannot be reached.", "unknown");
}

function malformed(status: number): Result<never> {
  return err(
    "answer_malformed",
    `The server's response (status ${status}) cannot be read.`,
    "unknown",
  );
}
