/** Registry of our own failure codes: severity, retry, HTTP and gRPC status, meaning. docs/errors.md is made from it. */
export type { FailureCode, Severity } from "./failure-code.ts";
export { grpcStatuses, grpcStatusOf } from "./grpc-statuses.ts";
export { orderReasonSentence } from "./order-reason.ts";
export { failureFamilies, failureGroups, findFailureCode, logLevelOf } from "./registry.ts";
export type { FailureGroup } from "./registry.ts";
