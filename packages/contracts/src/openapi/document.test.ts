import { describe, expect, test } from "vitest";
import { z } from "zod";
import { components } from "../rest/primitives.ts";
import { problems } from "../rest/problems.ts";
import type { Route } from "../rest/route.ts";
import { problemsOf, routes } from "../rest/routes.ts";
import { openApiDocument } from "./document.ts";

const all: readonly Route[] = Object.values(routes);

test("the document holds every call, each with its own id, and every reference leads somewhere", () => {
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

test("every kind of problem can come from somewhere", () => {
  const used = new Set(all.flatMap((route) => problemsOf(route)));
  // These come before a route is known.
  for (const code of ["route_not_found", "method_not_allowed", "header_too_large"] as const)
    used.add(code);
  expect(Object.keys(problems).filter((code) => !used.has(code as keyof typeof problems))).toEqual(
    [],
  );
});

test("what moves money asks for an idempotency key and a token", () => {
  const money = all.filter(({ path }) => /^\/api\/(fiat|wallet|orders)/.test(path));
  for (const route of money.filter(({ method }) => method !== "get")) {
    expect(route).toMatchObject({ idempotent: true, auth: "access" });
  }
});

describe("objects refuse fields that nobody knows", () => {
  const bodies = all.flatMap(({ id, body }) => (body === undefined ? [] : [[id, body] as const]));
  test.each(bodies)("in the body of %s", (_id, body) => {
    const issues = body.safeParse({ kind: "buy", surprise: 1 }).error?.issues ?? [];
    expect(JSON.stringify(issues)).toContain("surprise");
  });
});

describe("every example is what its schema allows", () => {
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
  for (const { body, response, events } of all)
    for (const schema of [body, response, events]) visit(schema);
  return [...found.values()];
}
