import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi } from "../testing/api.ts";
import type { TestApi } from "../testing/api.ts";
import { requestsFor, sendAndCheck } from "../testing/fuzz.ts";
import { operations } from "../testing/openapi-arbitraries.ts";
import { scriptedOrders } from "../testing/scripted-orders.ts";

let api: TestApi;
let accessToken: string;

beforeAll(async () => {
  api = await startTestApi({ ordersSide: () => scriptedOrders(1) });
  accessToken = await api.accessToken();
});
afterAll(() => api.close());

// Signing out would end the token that all others use.
const kept = operations.filter(({ id }) => id !== "logout");

test.each(kept.map((operation) => [operation.id, operation] as const))(
  "%s answers anything by its contract, and never fails",
  async (_id, operation) => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(requestsFor(operation, accessToken), async (request) => {
        const status = await sendAndCheck(api.url, operation, request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(status).not.toBe(500);
      }),
      { numRuns: 120 },
    );
    // A fuzz that only ever meets the first check proves nothing.
    if (!["login", "refresh", "revokeDevice"].includes(operation.id)) {
      expect(
        [...statuses.keys()].some((status) => status < 300),
        JSON.stringify([...statuses]),
      ).toBe(true);
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
