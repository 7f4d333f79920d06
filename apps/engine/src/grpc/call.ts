import { status } from "@grpc/grpc-js";
import type { handleUnaryCall, Metadata, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { grpcStatusOf, logLevelOf } from "@satsconnect/contracts/failures";
import { failureToServiceError } from "@satsconnect/contracts/grpc";
import { err } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import type { Logger } from "../logger.ts";
import { decoded } from "./decoding.ts";

/** A failure as gRPC sends it. */
export function toServiceError(failure: Failure) {
  return failureToServiceError(failure, status[grpcStatusOf(failure.code)]);
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
    const readable = decoded(call.request);
    if (!readable.ok) return readable;
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
    context.logger[logLevelOf(error.code)]({ ...fields, code: error.code }, "call refused");
    callback(toServiceError(error));
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
