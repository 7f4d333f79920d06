import type { z } from "zod";
import type { ProblemCode } from "./problems.ts";

/** One call of the API. The same definition validates requests, types the client and writes the OpenAPI document. */
export type Route = {
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** With `{name}` for each path parameter. */
  readonly path: string;
  readonly tag: "Session" | "Quotes" | "Orders" | "Wallet" | "Operator";
  readonly summary: string;
  readonly description?: string;
  /** `access`: needs `Authorization: Bearer` with an access token. */
  readonly auth: "none" | "access";
  /** Needs an Idempotency-Key, and answers the same key with the same body by the stored answer. */
  readonly idempotent?: true;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 204;
  /** Absent for 204. */
  readonly response?: z.ZodType;
  /** The response is a stream of server-sent events whose `data` is one of these, as JSON. */
  readonly events?: z.ZodType;
  /** What can go wrong beyond what every call of its kind shares (form, token, rate limit). */
  readonly problems: readonly ProblemCode[];
};

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type Given<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type Part<R extends Route, Name extends keyof Route> = R extends {
  readonly [Key in Name]: infer Schema;
}
  ? Schema
  : undefined;

/** What a handler gets, after validation. */
export type RouteParams<R extends Route> = Parsed<Part<R, "params">>;
export type RouteQuery<R extends Route> = Parsed<Part<R, "query">>;
export type RouteBody<R extends Route> = Parsed<Part<R, "body">>;
/** What a handler gives and a client gets. */
export type RouteResponse<R extends Route> = Parsed<Part<R, "response">>;
/** What a client gives. */
export type RouteBodyInput<R extends Route> = Given<Part<R, "body">>;
export type RouteQueryInput<R extends Route> = Given<Part<R, "query">>;
