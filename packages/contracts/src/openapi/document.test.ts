import { describe, expect, test } from "vitest";
import { z } from "zod";
import { components } from "../rest/primitives.ts";
import { problems } from "../rest/problems.ts";
import type { Route } from "../rest/route.ts";
import { problemsOf, routes } from "../rest/routes.ts";
import { adminOpenApiDocument } from "../admin/document.ts";
import { adminProblemsOf } from "../admin/route.ts";
import type { AdminRoute } from "../admin/route.ts";
import { adminRoutes } from "../admin/routes.ts";
import type { Endpoint } from "../rest/route.ts";
import { openApiDocument } from "./document.ts";

const all: readonly Route[] = Object.values(routes);
const admin: readonly AdminRoute[] = Object.values(adminRoutes);
const everything: readonly Endpoint[] = [...all, ...admin];

test("the document has every endpoint under a unique id, and every reference resolves", () => {
  const document = JSON.stringify(openApiDocument());
  const { schemas } = z.toJSONSchema(components, {
    uri: (id) => `#/components/schemas/${id}`,
    io: "input",
  });
  const references = [...document.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name,
  );
  expect(Object.keys(schemas)).toEqual(expect.arrayContaining([...new Set(references)]));
  for (const route of all) expect(document).toContain(`"operationId":"${route.id}"`);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

test("the admin API has a document of its own, and nothing of it is in the public one", () => {
  const [open, closed] = [openApiDocument(), adminOpenApiDocument()].map((document) =>
    JSON.stringify(document),
  );
  for (const { id, path } of admin) {
    expect(closed).toContain(`"operationId":"${id}"`);
    expect(open).not.toContain(path);
  }
  expect(open).not.toContain("OrderPage");
  expect(closed).not.toContain("BuyRequest");
  expect(admin.every(({ path }) => path.startsWith("/admin/"))).toBe(true);
});

test("every problem code belongs to an endpoint", () => {
  const used = new Set([...all.flatMap(problemsOf), ...admin.flatMap(adminProblemsOf)]);
  // Returned before a route is known.
  for (const code of ["route_not_found", "method_not_allowed", "header_too_large"] as const)
    used.add(code);
  expect(Object.keys(problems).filter((code) => !used.has(code as keyof typeof problems))).toEqual(
    [],
  );
});

test("requests that move money require an idempotency key and a token", () => {
  const money = all.filter(({ path }) => /^\/api\/(fiat|wallet|orders)/.test(path));
  for (const route of money.filter(({ method }) => method !== "get")) {
    expect(route).toMatchObject({ idempotent: true, auth: "access" });
  }
});

describe("unknown fields are refused", () => {
  const bodies = everything.flatMap(({ id, body }) =>
    body === undefined ? [] : [[id, body] as const],
  );
  test.each(bodies)("in the body of %s", (_id, body) => {
    const issues = body.safeParse({ kind: "buy", surprise: 1 }).error?.issues ?? [];
    expect(JSON.stringify(issues)).toContain("surprise");
  });
});

describe("every example is valid for its schema", () => {
  const examples = [...Object.values(openComponents())];
  test.each(examples)("%s", (_id, schema, example) => {
    expect(schema.safeParse(example).error?.issues).toBeUndefined();
  });
});

function openComponents(): (readonly [string, z.ZodType, unknown])[] {
  const found = new Map<string, readonly [string, z.ZodType, unknown]>();
  const visit = (schema: z.ZodType | undefined): void => {
    const metadata = schema === undefined ? undefined : components.get(schema);
    const example = metadata?.examples?.[0];
    if (schema !== undefined && metadata !== undefined && example !== undefined) {
      found.set(metadata.id, [metadata.id, schema, example]);
    }
  };
  for (const { body, response, events } of everything)
    for (const schema of [body, response, events]) visit(schema);
  return [...found.values()];
}
