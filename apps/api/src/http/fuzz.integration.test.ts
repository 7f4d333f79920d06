import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApi } from "../testing/api.ts";
import type { TestApi, TestApiOptions } from "../testing/api.ts";
import { createTestOrderStore } from "../testing/database.ts";
import { requestsFor, sendAndCheck } from "../testing/fuzz.ts";
import { operations } from "../testing/openapi-arbitraries.ts";
import { createTestOrders } from "../testing/test-orders.ts";
import { scriptedOrders } from "../testing/scripted-orders.ts";

const requestsPerCall = 120;

// Signing out would end the token that all others use.
const calls = operations
  .filter(({ id }) => id !== "logout")
  .map((operation) => [operation.id, operation] as const);
/** Calls that no made-up request can satisfy: they need a signature or a secret. */
const neverSatisfied: readonly string[] = ["login", "refresh", "revokeDevice"];

const sides: readonly (readonly [string, TestApiOptions["orderServices"], boolean])[] = [
  ["orders that answer anything they may", () => scriptedOrders(1), true],
  [
    "the real orders",
    async ({ testDatabase, engine }) =>
      createTestOrders({ store: await createTestOrderStore(testDatabase), engine, now: Date.now }),
    false,
  ],
];

describe.each(sides)("over %s", (_name, orderServices, everyOutcome) => {
  let api: TestApi;
  let accessToken: string;

  beforeAll(async () => {
    api = await startTestApi({ orderServices });
    accessToken = await api.accessToken();
  });
  afterAll(() => api.close());

  test.each(calls)(
    "%s answers anything by its contract, and never fails",
    async (_id, operation) => {
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(requestsFor(operation, accessToken), async (request) => {
          const status = await sendAndCheck(api.url, operation, request);
          statuses.add(status);
          expect(status).not.toBe(500);
        }),
        { numRuns: requestsPerCall },
      );
      // A fuzz that only ever meets the first check proves nothing.
      if (everyOutcome && !neverSatisfied.includes(operation.id)) {
        expect(Math.min(...statuses)).toBeLessThan(300);
      }
    },
  );

  test("nothing of all that was a fault, and no secret was logged", () => {
    const faults = api
      .logged()
      .split("\n")
      .filter((line) => line.includes('"level":50'));
    expect(faults).toEqual([]);
    expect(api.logged()).not.toContain(accessToken);
  });
});
