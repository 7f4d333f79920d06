import { Metadata, status } from "@grpc/grpc-js";
import type { ServiceError, StatusObject } from "@grpc/grpc-js";
import type { Failure, Retry } from "@satsconnect/money";

/**
 * A failure crosses gRPC as metadata (code and retry) and status details (message). Callers that do not read the metadata
 * still get a suitable gRPC status.
 */
const codeKey = "satsconnect-code";
const retryKey = "satsconnect-retry";

const retries: ReadonlySet<string> = new Set<Retry>(["never", "safe", "unknown"]);

/** The gRPC error that carries a failure to the client. */
export function failureToServiceError(failure: Failure, grpcStatus: status): Partial<StatusObject> {
  const metadata = new Metadata();
  metadata.set(codeKey, failure.code);
  metadata.set(retryKey, failure.retry);
  return { code: grpcStatus, details: failure.message, metadata };
}

/**
 * The failure in a gRPC error. Without our metadata the error was not made by the engine's handlers: only statuses that
 * gRPC itself returns before a handler runs prove that nothing happened; all others are `unknown`.
 */
export function serviceErrorToFailure(error: ServiceError): Failure {
  const code = error.metadata?.get(codeKey)[0];
  const retry = error.metadata?.get(retryKey)[0];
  if (typeof code === "string" && typeof retry === "string" && retries.has(retry)) {
    return { code, message: error.details, retry: retry as Retry };
  }
  const name = status[error.code] ?? "UNKNOWN";
  return { code: `grpc_${name.toLowerCase()}`, message: error.details, retry: retryOf(error.code) };
}

function retryOf(code: status): Retry {
  switch (code) {
    case status.INVALID_ARGUMENT:
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.UNIMPLEMENTED:
      return "never";
    default:
      return "unknown";
  }
}
