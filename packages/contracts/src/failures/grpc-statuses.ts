import type { status } from "@grpc/grpc-js";

type GrpcStatus = keyof typeof status;

/** The gRPC status that is sent with a failure code, for callers that do not read our metadata. */
export const grpcStatuses: Readonly<Record<string, GrpcStatus>> = {
  deadline_missing: "INVALID_ARGUMENT",
  invalid_request: "INVALID_ARGUMENT",
  invoice_malformed: "INVALID_ARGUMENT",
  invoice_wrong_network: "INVALID_ARGUMENT",
  amount_invalid: "INVALID_ARGUMENT",
  amount_mismatch: "INVALID_ARGUMENT",
  payee_mismatch: "INVALID_ARGUMENT",
  preimage_invalid: "INVALID_ARGUMENT",
  address_malformed: "INVALID_ARGUMENT",
  address_unsupported: "INVALID_ARGUMENT",
  operator_only: "PERMISSION_DENIED",
  wallet_not_found: "NOT_FOUND",
  payment_not_found: "NOT_FOUND",
  channel_not_found: "NOT_FOUND",
  transaction_not_found: "NOT_FOUND",
  idempotency_conflict: "ALREADY_EXISTS",
  already_paid: "ALREADY_EXISTS",
  invoice_expired: "FAILED_PRECONDITION",
  payment_not_held: "FAILED_PRECONDITION",
  payment_claimed: "FAILED_PRECONDITION",
  payment_returned: "FAILED_PRECONDITION",
  peer_offline: "FAILED_PRECONDITION",
  insufficient_funds: "FAILED_PRECONDITION",
  channel_open_failed: "FAILED_PRECONDITION",
  cap_exceeded: "RESOURCE_EXHAUSTED",
  node_recovering: "FAILED_PRECONDITION",
  chain_unreliable: "UNAVAILABLE",
  payments_paused: "UNAVAILABLE",
  channel_opens_paused: "UNAVAILABLE",
  connect_failed: "UNAVAILABLE",
  node_unavailable: "UNAVAILABLE",
  node_interrupted: "UNAVAILABLE",
  stream_broken: "UNAVAILABLE",
  internal_error: "INTERNAL",
};

/** FAILED_PRECONDITION for every other code: the call was understood and refused. */
export function grpcStatusOf(code: string): GrpcStatus {
  return grpcStatuses[code] ?? "FAILED_PRECONDITION";
}
