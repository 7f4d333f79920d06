import fc from "fast-check";
import { expect } from "vitest";
import { problemSchema, routes } from "@satsconnect/contracts";
import type { Route } from "@satsconnect/contracts";
import { hostileValues, mutatedValues, validValues } from "./openapi-arbitraries.ts";
import type { Operation, Parameter } from "./openapi-arbitraries.ts";

export type FuzzRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/** Requests for one operation: most are valid or nearly valid, some are arbitrary. */
export function requestsFor(operation: Operation, accessToken: string): fc.Arbitrary<FuzzRequest> {
  return fc
    .record({
      path: pathFor(operation),
      query: queryFor(operation),
      headers: headersFor(operation, accessToken),
      body: bodyFor(operation),
    })
    .map(({ path, query, headers, body }) => ({
      path: path + query,
      headers: body === null ? headers : { "content-type": body.type, ...headers },
      body: body === null ? null : body.text,
    }));
}

function pathFor({ path, parameters }: Operation): fc.Arbitrary<string> {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  return fc
    .tuple(...inPath.map(pathValue))
    .map((values) =>
      inPath.reduce((built, { name }, at) => built.replace(`{${name}}`, values[at] ?? ""), path),
    );
}

function pathValue({ schema }: Parameter): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: validValues(schema).map((value) => encodeURIComponent(String(value))) },
    {
      weight: 1,
      arbitrary: hostileText.filter((text) => !/^\.*$/.test(text)).map(encodeURIComponent),
    },
    { weight: 1, arbitrary: fc.constantFrom("%zz", "%ff", "%", "a%2Fb", "%00") },
  );
}

function queryFor({ parameters }: Operation): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === "query");
  const value = ({ schema }: Parameter) =>
    fc.oneof(
      { weight: 3, arbitrary: validValues(schema).map(String) },
      { weight: 1, arbitrary: hostileText },
    );
  const members = Object.fromEntries(known.map((parameter) => [parameter.name, value(parameter)]));
  const usual = fc
    .record(members, { requiredKeys: [] })
    .map((query) =>
      asQuery(Object.entries(query).map(([name, text]) => [name, text ?? ""] as const)),
    );
  const odd = fc.array(fc.tuple(hostileText, hostileText), { maxLength: 3 }).map(asQuery);
  const raw = fc.constantFrom(
    "?limit=1&limit=2",
    "?__proto__=1",
    "?limit[]=1",
    "?%zz=%zz",
    "?a[b][c]=1",
  );
  return fc.oneof(
    { weight: 12, arbitrary: usual },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: raw },
  );
}

function asQuery(entries: readonly (readonly [string, string])[]): string {
  const query = new URLSearchParams(
    entries.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  return query === "" ? "" : `?${query}`;
}

function headersFor(
  { secured, parameters }: Operation,
  accessToken: string,
): fc.Arbitrary<Record<string, string>> {
  const authorization = secured
    ? fc.oneof(
        { weight: 9, arbitrary: fc.constant<string | null>(`Bearer ${accessToken}`) },
        {
          weight: 1,
          arbitrary: fc.oneof(
            fc.constantFrom(null, "Bearer", "Bearer x.y.z", "Basic eA=="),
            headerText,
          ),
        },
      )
    : fc.constant(null);
  const others = parameters
    .filter((parameter) => parameter.in === "header")
    .map(({ name, schema }) =>
      fc
        .oneof(
          { weight: 9, arbitrary: validValues(schema).map(String) },
          { weight: 1, arbitrary: fc.oneof(headerText, fc.constant(null)) },
        )
        .map((value) => [name, value] as const),
    );
  return fc.tuple(authorization, fc.tuple(...others)).map(([token, headers]) => {
    const all: readonly (readonly [string, string | null])[] = [
      ["authorization", token],
      ...headers,
    ];
    return Object.fromEntries(
      all.filter((header): header is readonly [string, string] => header[1] !== null),
    );
  });
}

function bodyFor({
  method,
  body,
}: Operation): fc.Arbitrary<{ readonly type: string; readonly text: string } | null> {
  if (method === "GET") return fc.constant(null);
  const json = (body === null ? fc.oneof(fc.constant({}), hostileValues) : mutatedValues(body)).map(
    (value) => ({
      type: "application/json",
      text: JSON.stringify(value) ?? "null",
    }),
  );
  const type = fc.constantFrom(
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=latin-9000",
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/problem+json",
  );
  const odd = fc.record({
    type,
    text: fc.oneof(
      hostileText,
      fc.constantFrom("{", '{"a":1', "[", "nul", '"x"', "1", '{"__proto__":{"a":1}}'),
    ),
  });
  return fc.oneof(
    { weight: 6, arbitrary: json },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

const hostileText = hostileValues.map((value) =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? ""))
    .toWellFormed()
    .slice(0, 2_000),
);
/** Any text that is valid in a header. */
const headerText = fc.stringMatching(/^[!-~]{0,200}$/);

/** Sends a request, checks the response against the OpenAPI document, and returns its status. */
export async function sendAndCheck(
  url: string,
  operation: Operation,
  request: FuzzRequest,
): Promise<number> {
  const stop = new AbortController();
  const response = await fetch(url + request.path, {
    method: operation.method,
    headers: request.headers,
    ...(request.body === null ? {} : { body: request.body }),
    signal: stop.signal,
  });
  const type = response.headers.get("content-type") ?? "";
  if (operation.streams && response.status === 200) {
    expect(type).toContain("text/event-stream");
    stop.abort();
    return 200;
  }
  const text = await response.text();
  expect(response.headers.get("x-request-id")).toBeTruthy();
  if (response.status < 400) {
    expect(response.status).toBe(operation.successStatus);
    if (response.status === 204) expect(text).toBe("");
    else expectValid(routes[operation.id as keyof typeof routes], JSON.parse(text));
    return response.status;
  }
  expect(type).toContain("application/problem+json");
  const problem = problemSchema.parse(JSON.parse(text));
  expect(problem.status).toBe(response.status);
  expect(problem.instance).toBe(response.headers.get("x-request-id"));
  const documented = operation.problemCodes.get(response.status) ?? [];
  expect({ operation: operation.id, documented }).toMatchObject({
    documented: expect.arrayContaining([problem.code]),
  });
  return response.status;
}

function expectValid(route: Route, body: unknown): void {
  const parsed = route.response?.safeParse(body);
  expect(parsed?.error?.issues).toBeUndefined();
}
