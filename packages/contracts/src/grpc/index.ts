export { connectEngine, SubscriptionBroken } from "./client.ts";
export type { EngineCallOptions, EngineClient, Subscription, UnaryCall } from "./client.ts";
export { mutualTlsClientCredentials, mutualTlsServerCredentials } from "./credentials.ts";
export type { MutualTls } from "./credentials.ts";
export { failureToServiceError, serviceErrorToFailure } from "./failure.ts";
