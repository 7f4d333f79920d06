import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApi } from "../testing/api.ts";
import type { TestApi, TestApiOptions } from "../testing/api.ts";
import { createTestOrderStore } from "../testing/database.ts";
import { requestsFor, sendAndCheck } from "../testing/fuzz.ts";
import { operations } from "../testing/openapi-arbitraries.ts";
import { createTestOrders } from "../testing/test-orders.ts";
import { scriptedOrders } from "../testing/scripted-orders.ts";

const requestsPerOperation = 120;

// Logging out would revoke the access token that all requests share.
const operationsById = operations
  .filter(({ id }) => id !== "logout")
  .map((operation) => [operation.id, operation] as const);
/** Operations that a generated request cannot satisfy: they need a signature, a secret or an existing device. */
const neverSuccessful: readonly string[] = ["login", "refresh", "revokeDevice"];

const orderSources: readonly (readonly [string, TestApiOptions["orderServices"], boolean])[] = [
  ["scripted orders with arbitrary outcomes", () => scriptedOrders(1), true],
  [
    "the real orders",
    async ({ testDatabase, engine }) =>
      createTestOrders({ store: await createTestOrderStore(testDatabase), engine, now: Date.now }),
    false,
  ],
];

describe.each(orderSources)("the API with %s", (_name, orderServices, everyOutcome) => {
  let api: TestApi;
  let accessToken: string;

  beforeAll(async () => {
    api = await startTestApi({ orderServices });
    accessToken = await api.accessToken();
  });
  afterAll(() => api.close());

  test.each(operationsById)(
    "%s answers every request as documented and never with 500",
    async (_id, operation) => {
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(requestsFor(operation, accessToken), async (request) => {
          const status = await sendAndCheck(api.url, operation, request);
          statuses.add(status);
          expect(status).not.toBe(500);
        }),
        { numRuns: requestsPerOperation },
      );
      // Requests that all fail the first check would prove nothing.
      if (everyOutcome && !neverSuccessful.includes(operation.id)) {
        expect(Math.min(...statuses)).toBeLessThan(300);
      }
    },
  );

  test("logs no error and no access token", () => {
    const errors = api
      .logged()
      .split("\n")
      .filter((line) => line.includes('"level":50'));
    expect(errors).toEqual([]);
    expect(api.logged()).not.toContain(accessToken);
  });
});
