import { Metadata, status } from "@grpc/grpc-js";
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { failureToServiceError } from "@satsconnect/contracts/grpc";
import { err } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import type { Logger } from "../logger.ts";

/** The gRPC status that goes with a failure's code, for callers that know nothing of our codes. */
const statuses: Readonly<Record<string, status>> = {
  deadline_missing: status.INVALID_ARGUMENT,
  request_invalid: status.INVALID_ARGUMENT,
  invalid_request: status.INVALID_ARGUMENT,
  invoice_malformed: status.INVALID_ARGUMENT,
  invoice_wrong_network: status.INVALID_ARGUMENT,
  invoice_expired: status.FAILED_PRECONDITION,
  amount_invalid: status.INVALID_ARGUMENT,
  amount_mismatch: status.INVALID_ARGUMENT,
  payee_mismatch: status.INVALID_ARGUMENT,
  preimage_invalid: status.INVALID_ARGUMENT,
  address_malformed: status.INVALID_ARGUMENT,
  wallet_not_found: status.NOT_FOUND,
  payment_not_found: status.NOT_FOUND,
  channel_not_found: status.NOT_FOUND,
  idempotency_conflict: status.ALREADY_EXISTS,
  already_paid: status.ALREADY_EXISTS,
  payment_not_held: status.FAILED_PRECONDITION,
  payment_claimed: status.FAILED_PRECONDITION,
  payment_returned: status.FAILED_PRECONDITION,
  peer_offline: status.FAILED_PRECONDITION,
  insufficient_funds: status.FAILED_PRECONDITION,
  channel_open_failed: status.FAILED_PRECONDITION,
  cap_exceeded: status.RESOURCE_EXHAUSTED,
  node_unavailable: status.UNAVAILABLE,
  node_interrupted: status.UNAVAILABLE,
};

/** The call as gRPC sends it. What is not expected keeps its words to itself. */
export function toServiceError(failure: Failure) {
  return failureToServiceError(failure, statuses[failure.code] ?? status.FAILED_PRECONDITION);
}

export type CallContext = { readonly correlationId: string | undefined };

/**
 * A unary call: refuses one without a deadline, answers expected failures with their code, and an exception, which is a
 * bug of ours, with `internal_error` and nothing of its words.
 */
export function unary<Request, Response>(
  logger: Logger,
  handler: (request: Request, context: CallContext) => Promise<Result<Response>>,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    const correlationId = correlationOf(call.metadata);
    const method = call.getPath();
    const deadline = call.getDeadline();
    const limited = deadline instanceof Date ? deadline.getTime() : deadline;
    if (!Number.isFinite(limited)) {
      const refused = err("deadline_missing", "Say by when you want the answer.", "never");
      callback(toServiceError(refused.error));
      return;
    }
    handler(call.request, { correlationId }).then(
      (answer) => {
        if (answer.ok) {
          callback(null, answer.value);
          return;
        }
        logger.info({ method, correlationId, code: answer.error.code }, "call refused");
        callback(toServiceError(answer.error));
      },
      (error: unknown) => {
        logger.error(
          { method, correlationId, error: error instanceof Error ? error.message : "?" },
          "call failed",
        );
        callback(
          failureToServiceError(
            {
              code: "internal_error",
              message: "The engine failed. It has been logged.",
              retry: "unknown",
            },
            status.INTERNAL,
          ),
        );
      },
    );
  };
}

function correlationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get("x-correlation-id");
  return typeof value === "string" && /^[\w:.-]{1,100}$/u.test(value) ? value : undefined;
}
