export { createApiClient } from "./client/client.ts";
export type { ApiClient, ApiClientOptions, FollowOptions, Idempotency } from "./client/client.ts";
export { EventStreamRefused } from "./client/events.ts";
export { memorySessionStore } from "./client/session.ts";
export type { SessionStore } from "./client/session.ts";
export { openApiDocument } from "./openapi/document.ts";
export { device, loginPayload, sessionTokens } from "./rest/auth.ts";
export type { LoginPayload, SessionTokens } from "./rest/auth.ts";
export type { Info } from "./rest/info.ts";
export { maskMsisdn, normalizeMsisdn } from "./rest/msisdn.ts";
export { orderEvent, orderStates } from "./rest/orders.ts";
export type { Order, OrderEvent, OrderState } from "./rest/orders.ts";
export { idempotencyKeyPattern } from "./rest/primitives.ts";
export {
  isProblemCode,
  problemCodes,
  problemContentType,
  problems,
  problemSchema,
} from "./rest/problems.ts";
export type { Problem, ProblemCode } from "./rest/problems.ts";
export type { OrderKind, Quote, QuoteRequest } from "./rest/quotes.ts";
export type {
  Endpoint,
  Route,
  RouteBody,
  RouteBodyInput,
  RouteParams,
  RouteQuery,
  RouteQueryInput,
  RouteResponse,
} from "./rest/route.ts";
export { problemsOf, routes } from "./rest/routes.ts";
export type { RouteId } from "./rest/routes.ts";
export type { WalletLimits } from "./rest/limits.ts";
export type { Transaction, WalletBalance, WalletSend } from "./rest/wallet.ts";
