import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi } from "../testing/api.ts";
import type { TestApi } from "../testing/api.ts";
import { createTestOrderStore } from "../testing/database.ts";
import { componentSchemas, operations } from "../testing/openapi-arbitraries.ts";
import type { Schema } from "../testing/openapi-arbitraries.ts";
import { makeInvoice } from "../testing/invoice.ts";
import { createTestOrders } from "../testing/test-orders.ts";

/** Amounts at the edges of the contract, of Postgres and of the code's own units, and texts that are not canonical. */
const edges: readonly string[] = [
  "0",
  "1",
  "99",
  "100",
  "1000",
  "25000000",
  "25000001",
  "20000000000",
  "20000000001",
  "1000000000000",
  "2099999999999999999",
  "2100000000000000000",
  "2100000000000000001",
  "9000000000000000000",
  "9223372036854775700",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
  "9".repeat(400),
  "-1",
  "-9223372036854775808",
  "+1",
  "00",
  "01",
  "1.0",
  "1e3",
  "0x10",
  " 1",
  "1 ",
  "1,000",
  "",
  "١٠٠",
  "NaN",
];
const amountNames = /(?:Msat|Sat|KesCents)$/;
const sample: Readonly<Record<string, () => unknown>> = {
  Id: () => randomUUID(),
  Msisdn: () => "0712345678",
  PaymentHash: () => randomUUID().replaceAll("-", "").repeat(2),
  Invoice: () => makeInvoice({ secretKey: new Uint8Array(32).fill(9), amountMsat: null }),
};

let api: TestApi;
let accessToken: string;
beforeAll(async () => {
  api = await startTestApi({
    orderServices: async ({ testDatabase, engine }) =>
      createTestOrders({ store: await createTestOrderStore(testDatabase), engine, now: Date.now }),
  });
  accessToken = await api.accessToken();
});
afterAll(() => api.close());

/** Otherwise valid bodies of an operation, each with another one of its amounts at `amount`. */
function bodiesWith({ properties = {} }: Schema, amount: string): Record<string, unknown>[] {
  const names = Object.keys(properties);
  return names
    .filter((name) => amountNames.test(name))
    .map((name) =>
      Object.fromEntries(
        Object.entries(properties)
          .filter(([key]) => key === name || !amountNames.test(key))
          .map(([key, member]) => [key, key === name ? amount : sampleOf(member)]),
      ),
    );
}

function sampleOf(schema: Schema): unknown {
  const name = schema.$ref?.split("/").at(-1);
  const known = name === undefined ? undefined : sample[name];
  if (known !== undefined) return known();
  if (schema.const !== undefined) return schema.const;
  return schema.type === "integer" ? (schema.minimum ?? 600) : "x";
}

const withAmounts = operations.flatMap((operation) => {
  const schemas = operation.body === null ? [] : resolve(operation.body);
  return schemas
    .filter((schema) => bodiesWith(schema, "1").length > 0)
    .map((schema) => [operation.id, operation, schema] as const);
});

function resolve(schema: Schema): readonly Schema[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return resolve(componentSchemas[name] ?? {});
  }
  const alternatives = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  return schema.properties === undefined ? alternatives.flatMap(resolve) : [schema];
}

test("the contract has amounts to try", () => {
  expect(new Set(withAmounts.map(([id]) => id))).toContain("createQuote");
});

test.each(withAmounts)(
  "%s answers an amount of any size or form below 500",
  async (_id, operation, schema) => {
    const failed: string[] = [];
    for (const edge of edges) {
      for (const body of bodiesWith(schema, edge)) {
        const response = await fetch(
          api.url + operation.path.replaceAll(/\{\w+\}/g, randomUUID()),
          {
            method: operation.method,
            headers: {
              "content-type": "application/json",
              authorization: `Bearer ${accessToken}`,
              "idempotency-key": randomUUID(),
            },
            body: JSON.stringify(body),
          },
        );
        if (response.status >= 500) failed.push(`${response.status} ${JSON.stringify(body)}`);
      }
    }
    expect(failed).toEqual([]);
  },
);
