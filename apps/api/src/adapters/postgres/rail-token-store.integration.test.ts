import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createDarajaTokenStore } from "./rail-token-store.ts";

describe("the Daraja token shared by all processes", () => {
  let testDatabase: TestDatabase;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.drop());

  test("is fetched by one of them and stored encrypted", async () => {
    let fetches = 0;
    const store = () => createDarajaTokenStore(testDatabase.database, "secret", () => 1_000);
    const fetch = async () => {
      fetches += 1;
      return { token: `token-${fetches}`, lifetimeMs: 3_599_000 };
    };
    expect(await store().read()).toBeNull();
    const all = await Promise.all(Array.from({ length: 6 }, () => store().replace(null, fetch)));
    expect(fetches).toBe(1);
    expect(new Set(all.map((one) => one?.token))).toEqual(new Set(["token-1"]));
    expect(await store().read()).toEqual({
      token: "token-1",
      generation: 1n,
      obtainedAt: 1_000,
      expiresAt: 3_600_000,
    });

    // After Daraja refused the token, many callers replace it at once: one fetches, the others get its token.
    await Promise.all(Array.from({ length: 6 }, () => store().replace(1n, fetch)));
    expect(fetches).toBe(2);
    expect(await store().replace(2n, async () => null)).toBeNull();
    expect((await store().read())?.token).toBe("token-2");

    const { rows } = await testDatabase.database.query<{ token: Buffer }>(
      "SELECT token FROM rail_tokens",
    );
    expect(rows[0]?.token.toString("latin1")).not.toContain("token-");
    expect(
      await createDarajaTokenStore(testDatabase.database, "another", () => 1).read(),
    ).toBeNull();
  });
});
