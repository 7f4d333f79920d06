import type { z } from "zod";
import type { ProblemCode } from "./problems.ts";

/** An endpoint. The same definition validates requests, types the client and generates the OpenAPI document. */
export type Endpoint = {
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** Path with `{name}` for each parameter. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The callers that it admits: `none` means anybody. */
  readonly auth: string;
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

/** An endpoint of the public API. */
export type Route = Endpoint & {
  readonly tag: "Session" | "Quotes" | "Orders" | "Wallet" | "Operator";
  /** `access`: requires `Authorization: Bearer` with an access token. */
  readonly auth: "none" | "access";
};

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type InputOf<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type SchemaOf<R extends Endpoint, Name extends keyof Endpoint> = R extends {
  readonly [Key in Name]: infer Schema;
}
  ? Schema
  : undefined;

/** Validated input of a handler. */
export type RouteParams<R extends Endpoint> = OutputOf<SchemaOf<R, "params">>;
export type RouteQuery<R extends Endpoint> = OutputOf<SchemaOf<R, "query">>;
export type RouteBody<R extends Endpoint> = OutputOf<SchemaOf<R, "body">>;
/** Result of a handler and of a client's call. */
export type RouteResponse<R extends Endpoint> = OutputOf<SchemaOf<R, "response">>;
/** Input of a client's call, before validation fills in defaults. */
export type RouteBodyInput<R extends Endpoint> = InputOf<SchemaOf<R, "body">>;
export type RouteQueryInput<R extends Endpoint> = InputOf<SchemaOf<R, "query">>;
