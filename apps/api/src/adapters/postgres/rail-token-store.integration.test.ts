import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createDarajaTokenStore } from "./rail-token-store.ts";

describe("the token that all processes share", () => {
  let under: TestDatabase;
  beforeAll(async () => {
    under = await createTestDatabase();
  });
  afterAll(() => under.drop());

  test("is fetched by one, survives in the database, and is unreadable there", async () => {
    let fetched = 0;
    const store = () => createDarajaTokenStore(under.database, "secret", () => 1_000);
    const fetch = async () => {
      fetched += 1;
      return { token: `token-${fetched}`, lifetimeMs: 3_599_000 };
    };
    expect(await store().read()).toBeNull();
    const all = await Promise.all(Array.from({ length: 6 }, () => store().replace(null, fetch)));
    expect(fetched).toBe(1);
    expect(new Set(all.map((one) => one?.token))).toEqual(new Set(["token-1"]));
    expect(await store().read()).toEqual({
      token: "token-1",
      generation: 1n,
      obtainedAt: 1_000,
      expiresAt: 3_600_000,
    });

    // Refused: many ask at once, one fetches, the others take what it brought.
    await Promise.all(Array.from({ length: 6 }, () => store().replace(1n, fetch)));
    expect(fetched).toBe(2);
    expect(await store().replace(2n, async () => null)).toBeNull();
    expect((await store().read())?.token).toBe("token-2");

    const { rows } = await under.database.query<{ token: Buffer }>("SELECT token FROM rail_tokens");
    expect(rows[0]?.token.toString("latin1")).not.toContain("token-");
    expect(await createDarajaTokenStore(under.database, "another", () => 1).read()).toBeNull();
  });
});
