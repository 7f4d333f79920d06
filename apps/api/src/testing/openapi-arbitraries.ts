import fc from "fast-check";
import { openApiDocument } from "@satsconnect/contracts";
import { makeInvoice } from "./invoice.ts";

/** The subset of JSON Schema that the OpenAPI document uses. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

export type Parameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Schema;
};

export type Operation = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly secured: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  /** The documented problem codes by HTTP status. */
  readonly problemCodes: ReadonlyMap<number, readonly string[]>;
  readonly successStatus: number;
  readonly streams: boolean;
};

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type OperationObject = {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

const document = openApiDocument() as unknown as Document;
export const componentSchemas = document.components.schemas;

/** Every operation of the OpenAPI document. */
export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const responses = Object.entries(operation.responses);
      const success = responses.find(([status]) => Number(status) < 400);
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        secured: operation.security.length > 0,
        parameters: operation.parameters ?? [],
        body: operation.requestBody?.content["application/json"]?.schema ?? null,
        problemCodes: new Map(
          responses
            .filter(([status]) => Number(status) >= 400)
            .map(([status, { content }]) => [Number(status), problemCodesIn(content)]),
        ),
        successStatus: Number(success?.[0]),
        streams: success?.[1].content?.["text/event-stream"] !== undefined,
      };
    }),
);

function problemCodesIn(content: Content | undefined): readonly string[] {
  const parts = content?.["application/problem+json"]?.schema.allOf ?? [];
  return parts.flatMap(({ properties }) => (properties?.["code"]?.enum ?? []) as readonly string[]);
}

/**
 * Invoices signed by a fixed key, because a signed invoice cannot be generated from a pattern. Some are valid; others have
 * expired or are for another network.
 */
const invoices = fc
  .record({
    secretKey: fc.constant(new Uint8Array(32).fill(9)),
    prefix: fc.constantFrom("lnbcrt", "lnbcrt", "lnbcrt", "lnbc"),
    amountMsat: fc.option(fc.bigInt({ min: 1n, max: 10n ** 10n })),
    expirySeconds: fc.constantFrom(600, 3_600),
    createdAtMs: fc.constantFrom(Date.now(), Date.now(), Date.now(), 1_700_000_000_000),
  })
  .map(makeInvoice);

/** Kenyan mobile numbers in several forms, of which the schema says only how long they may be. */
const phoneNumbers = fc
  .tuple(fc.constantFrom("2547", "+254 7", "07", "7"), fc.integer({ min: 0, max: 99_999_999 }))
  .map(([prefix, rest]) => `${prefix}${String(rest).padStart(8, "0")}`);

/** Values that are valid for a schema, as far as JSON Schema can express it. */
export function validValues(schema: Schema): fc.Arbitrary<unknown> {
  const { $ref, properties } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    if (name === "Msisdn") return phoneNumbers;
    return name === "Invoice" ? invoices : validValues(document.components.schemas[name] ?? {});
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (properties !== undefined) return validObject(schema, properties);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return fc.oneof(...alternatives.map(validValues));
  switch (schema.type) {
    case "integer":
    case "number":
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(validValues(schema.items ?? {}), { maxLength: 3 });
    case "string":
      return validString(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function validObject(
  schema: Schema,
  properties: Readonly<Record<string, Schema>>,
): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, validValues(member)]),
  );
  const alternatives = (schema.oneOf ?? [{}]).map(({ required = [] }) => [
    ...required,
    ...(schema.required ?? []),
  ]);
  return fc.oneof(
    ...alternatives.map((required) => {
      const others = (schema.oneOf ?? [])
        .flatMap((one) => one.required ?? [])
        .filter((name) => !required.includes(name));
      const allowed = Object.fromEntries(
        Object.entries(members).filter(([name]) => !others.includes(name)),
      );
      return fc.record(allowed, { requiredKeys: required.filter((name) => name in allowed) });
    }),
  );
}

function validString({
  format,
  pattern,
  minLength = 0,
  maxLength = 60,
}: Schema): fc.Arbitrary<string> {
  if (format === "uuid") return fc.uuid();
  if (format === "date-time") {
    return fc
      .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  if (pattern !== undefined) {
    // Turn an unbounded repetition into a bounded one: filtering by length would almost never find a long string.
    const bounded = pattern.replace(/([+*])\$$/, (_end, sign: string) => {
      const min = Math.max(sign === "+" ? 1 : 0, minLength);
      return `{${min},${Math.min(maxLength, min + 40)}}$`;
    });
    return fc.stringMatching(new RegExp(bounded));
  }
  return fc.string({ minLength, maxLength: Math.min(maxLength, 200) });
}

/** Values that often break parsers and validation. */
export const hostileValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e308,
    1.5,
    "",
    " ",
    "0",
    "-1",
    "00",
    "1e3",
    "9".repeat(400),
    "9223372036854775807",
    "9223372036854775808",
    "2100000000000000000",
    "\0",
    "\ud800",
    "';DROP TABLE orders;--",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "%00",
    "A".repeat(5_000),
    [],
    {},
    [[[[[]]]]],
    { toString: 1, constructor: 2, __proto__: null },
    "+254712345678",
    "0712345678",
    "254000000000",
    "lnbc1",
    "٣٤٥",
    "🦒".repeat(30),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "binary", maxLength: 100 }),
);

/** Valid values, valid values with one field removed, added or replaced, and hostile values. */
export function mutatedValues(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 2, arbitrary: validValues(schema).chain(mutateOne) },
    { weight: 2, arbitrary: validValues(schema) },
    { weight: 1, arbitrary: hostileValues },
  );
}

function mutateOne(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return hostileValues;
  const names = Object.keys(value);
  const replace = (name: string) =>
    hostileValues.map((bad) =>
      Object.fromEntries(
        Object.entries(value).map(([key, kept]) => [key, key === name ? bad : kept]),
      ),
    );
  const add = fc
    .tuple(
      fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "id", "state", "walletId")),
      hostileValues,
    )
    .map(([name, bad]) => ({ ...value, [name]: bad }));
  if (names.length === 0) return add;
  const some = fc.constantFrom(...names);
  const drop = some.map((name) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)),
  );
  return fc.oneof(some.chain(replace), drop, add);
}
