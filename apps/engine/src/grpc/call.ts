import { status } from "@grpc/grpc-js";
import type { handleUnaryCall, Metadata, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { failureToServiceError } from "@satsconnect/contracts/grpc";
import { err } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import type { Logger } from "../logger.ts";

/** The gRPC status for each failure code, for callers that do not know our codes. */
const statuses: Readonly<Record<string, status>> = {
  deadline_missing: status.INVALID_ARGUMENT,
  invalid_request: status.INVALID_ARGUMENT,
  invoice_malformed: status.INVALID_ARGUMENT,
  invoice_wrong_network: status.INVALID_ARGUMENT,
  amount_invalid: status.INVALID_ARGUMENT,
  amount_mismatch: status.INVALID_ARGUMENT,
  payee_mismatch: status.INVALID_ARGUMENT,
  preimage_invalid: status.INVALID_ARGUMENT,
  address_malformed: status.INVALID_ARGUMENT,
  address_unsupported: status.INVALID_ARGUMENT,
  operator_only: status.PERMISSION_DENIED,
  wallet_not_found: status.NOT_FOUND,
  payment_not_found: status.NOT_FOUND,
  channel_not_found: status.NOT_FOUND,
  idempotency_conflict: status.ALREADY_EXISTS,
  already_paid: status.ALREADY_EXISTS,
  invoice_expired: status.FAILED_PRECONDITION,
  payment_not_held: status.FAILED_PRECONDITION,
  payment_claimed: status.FAILED_PRECONDITION,
  payment_returned: status.FAILED_PRECONDITION,
  peer_offline: status.FAILED_PRECONDITION,
  insufficient_funds: status.FAILED_PRECONDITION,
  channel_open_failed: status.FAILED_PRECONDITION,
  cap_exceeded: status.RESOURCE_EXHAUSTED,
  chain_unreliable: status.UNAVAILABLE,
  connect_failed: status.UNAVAILABLE,
  node_unavailable: status.UNAVAILABLE,
  node_interrupted: status.UNAVAILABLE,
};

function toServiceError(failure: Failure) {
  return failureToServiceError(failure, statuses[failure.code] ?? status.FAILED_PRECONDITION);
}

export type CallContext = {
  readonly logger: Logger;
  readonly now: () => number;
  /** Common names of the client certificates that may administer the node. */
  readonly operators: readonly string[];
};

export type CallOptions = {
  /** The call changes state, so it is also logged when it succeeds. */
  readonly mutating?: boolean;
  /** Only for the operator's own clients, so that a compromised api cannot open or close channels. */
  readonly operatorOnly?: boolean;
};

/**
 * Wraps the handler of a unary call. Calls without a deadline are refused. Expected failures are answered with their
 * code; an exception is a bug and is answered as `internal_error`, without its message.
 */
export function unary<Request, Response>(
  context: CallContext,
  handler: (request: Request) => Promise<Result<Response>>,
  options: CallOptions = {},
): handleUnaryCall<Request, Response> {
  const answer = async (call: ServerUnaryCall<Request, Response>): Promise<Result<Response>> => {
    if (options.operatorOnly === true && !context.operators.includes(clientName(call))) {
      return err("operator_only", "Only the operator's clients may call this method.", "never");
    }
    if (!hasDeadline(call)) {
      return err("deadline_missing", "Set a deadline for the call.", "never");
    }
    try {
      return await handler(call.request);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      context.logger.error(
        { method: call.getPath(), ...correlationOf(call), reason },
        "call failed",
      );
      return err("internal_error", "The engine failed. The error has been logged.", "unknown");
    }
  };
  const respond = async (
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> => {
    const startedAt = context.now();
    const result = await answer(call);
    const fields = {
      method: call.getPath(),
      ...correlationOf(call),
      ms: context.now() - startedAt,
    };
    if (result.ok) {
      if (options.mutating === true) context.logger.info(fields, "call succeeded");
      callback(null, result.value);
      return;
    }
    const { error } = result;
    context.logger.info({ ...fields, code: error.code }, "call refused");
    callback(
      error.code === "internal_error"
        ? failureToServiceError(error, status.INTERNAL)
        : toServiceError(error),
    );
  };
  return (call, callback) => void respond(call, callback);
}

function hasDeadline<Request, Response>(call: ServerUnaryCall<Request, Response>): boolean {
  const deadline = call.getDeadline();
  return Number.isFinite(deadline instanceof Date ? deadline.getTime() : deadline);
}

/** The common name of the client certificate, which the TLS handshake has verified. */
function clientName<Request, Response>(call: ServerUnaryCall<Request, Response>): string {
  const subject = call.getAuthContext().sslPeerCertificate?.subject.CN;
  return Array.isArray(subject) ? "" : (subject ?? "");
}

/** The caller's `x-correlation-id`, if it is safe to log. */
function correlationOf(call: { readonly metadata: Metadata }): {
  readonly correlationId?: string;
} {
  const [value] = call.metadata.get("x-correlation-id");
  return typeof value === "string" && /^[\w:.-]{1,100}$/u.test(value)
    ? { correlationId: value }
    : {};
}
