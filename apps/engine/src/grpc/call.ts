import { status } from "@grpc/grpc-js";
import type { handleUnaryCall, Metadata, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { grpcStatusOf, logLevelOf } from "@satsconnect/contracts/failures";
import { failureToServiceError } from "@satsconnect/contracts/grpc";
import { err } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import type { Logger } from "../logger.ts";

/** A failure as gRPC sends it. */
function toServiceError(failure: Failure) {
  return failureToServiceError(failure, status[grpcStatusOf(failure.code)]);
}

export type CallTools = {
  readonly logger: Logger;
  readonly now: () => number;
  /** Names, in their certificates, of the clients that may administer the node. */
  readonly operators: readonly string[];
};

export type CallTerms = {
  /** Changes something: it is logged however it ends. */
  readonly changes?: boolean;
  /** Only for the operator's own clients: a stolen orchestrator must not open, close or push. */
  readonly operatorOnly?: boolean;
};

/**
 * A unary call: refuses one without a deadline, answers expected failures with their code, and an exception, which is a
 * bug of ours, with `internal_error` and nothing of its words.
 */
export function unary<Request, Response>(
  tools: CallTools,
  handler: (request: Request) => Promise<Result<Response>>,
  terms: CallTerms = {},
): handleUnaryCall<Request, Response> {
  const answer = async (call: ServerUnaryCall<Request, Response>): Promise<Result<Response>> => {
    if (terms.operatorOnly === true && !tools.operators.includes(clientName(call))) {
      return err("operator_only", "Only the operator's own clients may do that.", "never");
    }
    if (!hasDeadline(call)) {
      return err("deadline_missing", "Say by when you want the answer.", "never");
    }
    try {
      return await handler(call.request);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tools.logger.error({ method: call.getPath(), ...correlationOf(call), reason }, "call failed");
      return err("internal_error", "The engine failed. It has been logged.", "unknown");
    }
  };
  const respond = async (
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> => {
    const begun = tools.now();
    const result = await answer(call);
    const facts = { method: call.getPath(), ...correlationOf(call), ms: tools.now() - begun };
    if (result.ok) {
      if (terms.changes === true) tools.logger.info(facts, "call done");
      callback(null, result.value);
      return;
    }
    const { error } = result;
    tools.logger[logLevelOf(error.code)]({ ...facts, code: error.code }, "call refused");
    callback(toServiceError(error));
  };
  return (call, callback) => void respond(call, callback);
}

function hasDeadline<Request, Response>(call: ServerUnaryCall<Request, Response>): boolean {
  const deadline = call.getDeadline();
  return Number.isFinite(deadline instanceof Date ? deadline.getTime() : deadline);
}

/** The common name in the client's certificate, which the TLS handshake proved. */
function clientName<Request, Response>(call: ServerUnaryCall<Request, Response>): string {
  const subject = call.getAuthContext().sslPeerCertificate?.subject.CN;
  return Array.isArray(subject) ? "" : (subject ?? "");
}

/** The caller's name for what this call is part of, where it is fit for a log. */
function correlationOf(call: { readonly metadata: Metadata }): {
  readonly correlationId?: string;
} {
  const [value] = call.metadata.get("x-correlation-id");
  return typeof value === "string" && /^[\w:.-]{1,100}$/u.test(value)
    ? { correlationId: value }
    : {};
}
