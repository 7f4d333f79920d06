import { z } from "zod";
import { components, idempotencyKeyPattern } from "../rest/primitives.ts";
import { problemContentType, problems, problemSchema } from "../rest/problems.ts";
import type { ProblemCode } from "../rest/problems.ts";
import type { Endpoint, Route } from "../rest/route.ts";
import { problemsOf, routes } from "../rest/routes.ts";

type Json = { readonly [key: string]: unknown };

const reference = (id: string) => `#/components/schemas/${id}`;

/** The OpenAPI 3.1 document of the public API, generated from the schemas that validate it. Deterministic. */
export function openApiDocument(): Json {
  return describeEndpoints<Route>({
    info: {
      title: "SatsConnect API",
      version: "1.0.0",
      summary: "Buy, spend and sell bitcoin with M-Pesa from a self-custodial wallet.",
      description: introduction,
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: [
      { name: "Session", description: "Signing in with the wallet's node key, tokens, devices." },
      { name: "Quotes", description: "Binding prices of exchanges." },
      { name: "Orders", description: "Exchanges between M-Pesa and bitcoin." },
      {
        name: "Wallet",
        description: "The wallet as seen by its channel partner, and its payments.",
      },
      { name: "Operator", description: "The operator's node, prices and health." },
    ],
    endpoints: Object.values<Route>(routes),
    problemsOf,
    securityOf: ({ auth }) => (auth === "access" ? [{ accessToken: [] }] : []),
    securitySchemes: {
      accessToken: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "JWT",
        description: "Access token from login or refresh.",
      },
    },
  });
}

/** Problems that are returned before an endpoint is known. */
const problemsWithoutEndpoint: readonly ProblemCode[] = [
  "route_not_found",
  "method_not_allowed",
  "header_too_large",
];

/** An OpenAPI 3.1 document of these endpoints, with the schemas and problems that they use and no others. */
export function describeEndpoints<R extends Endpoint>(api: {
  readonly info: Json;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly endpoints: readonly R[];
  readonly problemsOf: (endpoint: R) => readonly ProblemCode[];
  readonly securityOf: (endpoint: R) => readonly Json[];
  readonly securitySchemes: Json;
}): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of api.endpoints) {
    const codes = api.problemsOf(endpoint);
    (paths[endpoint.path] ??= {})[endpoint.method] = operation(
      endpoint,
      api.securityOf(endpoint),
      codes,
    );
  }
  const returned = new Set([...api.endpoints.flatMap(api.problemsOf), ...problemsWithoutEndpoint]);
  return {
    openapi: "3.1.0",
    info: api.info,
    tags: api.tags,
    paths,
    components: { schemas: componentSchemas(paths), securitySchemes: api.securitySchemes },
    "x-problems": Object.entries(problems)
      .filter(([code]) => returned.has(code as ProblemCode))
      .map(([code, { status, title, retry }]) => ({ code, status, title, retry })),
  };
}

const introduction = [
  "Amounts are decimal strings with the unit in the field's name; times are UTC.",
  "Unknown fields are refused. Errors are problem documents (RFC 9457) with a stable `code`; `retry` says whether the request may be repeated.",
  "Requests that move money require an `Idempotency-Key`: a repeated key with the same body gets the stored response, with another body status 409.",
].join(" ");

function operation(
  route: Endpoint,
  security: readonly Json[],
  codes: readonly ProblemCode[],
): Json {
  const parameters = [
    ...parametersIn("path", route.params),
    ...parametersIn("query", route.query),
    ...(route.idempotent === true ? [idempotencyKeyParameter] : []),
    ...(route.events === undefined ? [] : [lastEventIdParameter]),
  ];
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaReference(route.body) } },
          },
        }),
    responses: {
      [String(route.status)]: successResponse(route),
      ...problemResponses(codes),
    },
  };
}

function successResponse(route: Endpoint): Json {
  if (route.events !== undefined) {
    return {
      description:
        "A stream of server-sent events named `order`; the `data` of each is this schema as JSON.",
      content: { "text/event-stream": { schema: schemaReference(route.events) } },
    };
  }
  if (route.response === undefined) return { description: "Success, without a body." };
  return {
    description: "Success.",
    content: { "application/json": { schema: schemaReference(route.response) } },
  };
}

function problemResponses(codes: readonly ProblemCode[]): Record<string, Json> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([left], [right]) => left - right)
      .map(([status, list]) => [
        String(status),
        {
          description: list.map((code) => `\`${code}\`: ${problems[code].title}.`).join(" "),
          content: {
            [problemContentType]: {
              schema: {
                allOf: [
                  { $ref: reference(idOf(problemSchema)) },
                  { properties: { code: { enum: [...list].sort() } } },
                ],
              },
            },
          },
        },
      ]),
  );
}

const idempotencyKeyParameter: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description:
    "Chosen by the caller: a new key for each operation, the same key for every retry of it.",
  schema: { type: "string", pattern: idempotencyKeyPattern.source },
  example: "0f6f3f0a-6c1e-4b0e-9a58-0d2f6f0c7e11",
};

const lastEventIdParameter: Json = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "`id` of the last event received; the stream resumes after it.",
  schema: { type: "string", pattern: "^\\d{1,19}$" },
};

function parametersIn(location: "path" | "query", schema: z.ZodType | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Record<string, Json & { description?: string }>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: location,
    required: required.includes(name),
    ...(property.description === undefined ? {} : { description: property.description }),
    schema: property,
  }));
}

/** The schemas that `paths` refers to, directly or through another schema. */
function componentSchemas(paths: Json): Json {
  const { schemas } = z.toJSONSchema(components, { ...dialect, uri: reference });
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, id = ""] of JSON.stringify(part).matchAll(
      /"\$ref":"#\/components\/schemas\/(\w+)"/g,
    )) {
      if (used.has(id)) continue;
      used.add(id);
      visit(schemas[id]);
    }
  };
  visit(paths);
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([id]) => used.has(id))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema]),
  );
}

/** Parameter schemas are written in place, without references to components. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, dialect);
  return rest;
}

const dialect = {
  io: "input",
  target: "draft-2020-12",
  /** zod reads descriptions from its global registry only; ours are in `components`. */
  override: ({
    zodSchema,
    jsonSchema: output,
  }: {
    zodSchema: z.core.$ZodType;
    jsonSchema: object;
  }): void => {
    const metadata = components.get(zodSchema as z.ZodType);
    if (metadata === undefined || "$ref" in output) return;
    const { id: _id, ...rest } = metadata;
    Object.assign(output, rest);
  },
} as const;

function schemaReference(schema: z.ZodType): Json {
  return { $ref: reference(idOf(schema)) };
}

function idOf(schema: z.ZodType): string {
  const id = components.get(schema)?.id;
  if (id === undefined)
    throw new Error("Every body and response must be registered as a component");
  return id;
}
