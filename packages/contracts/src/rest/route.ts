import type { z } from "zod";
import type { ProblemCode } from "./problems.ts";

/** An endpoint of the API. The same definition validates requests, types the client and generates the OpenAPI document. */
export type Route = {
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** Path with `{name}` for each parameter. */
  readonly path: string;
  readonly tag: "Session" | "Quotes" | "Orders" | "Wallet" | "Operator";
  readonly summary: string;
  readonly description?: string;
  /** `access`: requires `Authorization: Bearer` with an access token. */
  readonly auth: "none" | "access";
  /** Requires an Idempotency-Key. A repeated key with the same body gets the stored response. */
  readonly idempotent?: true;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 204;
  /** Body of a success; absent for 204. */
  readonly response?: z.ZodType;
  /** The response is a stream of server-sent events; the `data` of each is this schema as JSON. */
  readonly events?: z.ZodType;
  /** Problems of this endpoint, besides those that `problemsOf` adds for every endpoint of its kind. */
  readonly problems: readonly ProblemCode[];
};

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type InputOf<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type SchemaOf<R extends Route, Name extends keyof Route> = R extends {
  readonly [Key in Name]: infer Schema;
}
  ? Schema
  : undefined;

/** Validated input of a handler. */
export type RouteParams<R extends Route> = OutputOf<SchemaOf<R, "params">>;
export type RouteQuery<R extends Route> = OutputOf<SchemaOf<R, "query">>;
export type RouteBody<R extends Route> = OutputOf<SchemaOf<R, "body">>;
/** Result of a handler and of a client's call. */
export type RouteResponse<R extends Route> = OutputOf<SchemaOf<R, "response">>;
/** Input of a client's call, before validation fills in defaults. */
export type RouteBodyInput<R extends Route> = InputOf<SchemaOf<R, "body">>;
export type RouteQueryInput<R extends Route> = InputOf<SchemaOf<R, "query">>;
