import type { HttpRequest, Reply } from "../web/responses.ts";
import type { Simulator } from "../runtime/simulator.ts";

/** The longest that an answer waits for a callback that a fault sends first. */
const earlyCallbackWaitMs = 15_000;

/** Answers a request to Daraja over HTTP, with its faults in the connection too. */
export async function gatewayReply(simulator: Simulator, request: HttpRequest): Promise<Reply> {
  const { authorization } = request.headers;
  const { answer, afterCallbackOf } = simulator.gateway.handle({
    method: request.method,
    path: request.path,
    query: request.query,
    authorization: typeof authorization === "string" ? authorization : undefined,
    body: request.body,
  });
  if (afterCallbackOf !== null) {
    await simulator.runner.delivered(afterCallbackOf, earlyCallbackWaitMs);
  }
  return answer.type === "text"
    ? {
        type: "content",
        status: answer.status,
        headers: { "content-type": answer.contentType },
        body: answer.body,
      }
    : answer;
}
