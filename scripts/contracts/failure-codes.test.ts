import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { failureGroups, findFailureCode } from "@satsconnect/contracts/failures";
import { orderReasons } from "@satsconnect/contracts/order-reasons";
import { expect, test } from "vitest";
import { root } from "../support/paths.ts";

type Source = { readonly file: string; readonly text: string };

/** Production sources, without tests, fixtures, simulations and the registry itself. */
const sources: readonly Source[] = globSync(
  ["packages/*/src/**/*.ts", "apps/{api,cli,engine,wallet,watchtower}/src/**/*.{ts,tsx}"],
  { cwd: root },
)
  .filter(
    (file) =>
      !/\.test\.tsx?$|\/(?:testing|simulate|simulation|generated|failures)\/|\/conformance\.ts$|\/examples\.ts$/u.test(
        file,
      ),
  )
  .map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));

const code = '"([a-z][a-zA-Z0-9_]*)"';
/** Ways to construct a failure: a result, an exception with a code, a problem, or an object with a code and a sentence. */
const failures = [
  `\\berr\\(\\s*${code}`,
  `\\berr\\(\\s*[^"(),]*\\?\\s*${code}\\s*:\\s*${code}`,
  `\\b(?:new CallFailed|new CommandFailed|badInput)\\(\\s*${code}`,
  `\\bsendProblem\\(\\s*\\w+,\\s*${code}`,
  `\\bcode: ${code},\\s*(?:message|detail)\\b`,
];
/** Reasons of transitions in the state machines: an argument after the order and an optional next state, or a field. */
const reasons = [
  `\\b\\w+\\(\\s*[a-z]\\w*(?:\\([^()]*\\))?,\\s*(?:"[a-z]+",\\s*)?"([a-z]+_[a-z_]+)"`,
  `\\breason: (?:\\w+ \\? )?"([a-z_]+)"(?: : "([a-z_]+)")?`,
  `\\?\\? "([a-z]+_[a-z_]+)"`,
];
/** Names of accounts and of postings, which also match `reasons`. */
const bookKeeping = new Set(
  [
    ...readFileSync(path.join(root, "apps/api/src/domain/postings.ts"), "utf8").matchAll(
      /"([a-z_]+)"|^ {2}([a-z_]+): \{/gmu,
    ),
  ].map(([, quoted, key]) => quoted ?? key),
);

function codesIn({ file, text }: Source): readonly string[] {
  const patterns = file.startsWith("apps/api/src/domain/") ? [...failures, ...reasons] : failures;
  return patterns.flatMap((pattern) =>
    [...text.matchAll(new RegExp(pattern, "gu"))].flatMap(([, ...groups]) =>
      groups.filter((group): group is string => group !== undefined && !bookKeeping.has(group)),
    ),
  );
}

const registered = Object.values(failureGroups).flatMap((group) => Object.keys(group));
const known: ReadonlySet<string> = new Set(registered);

test("every failure code in the sources is in the registry", () => {
  const missing = sources.flatMap((source) =>
    codesIn(source)
      .filter((found) => !known.has(found) && !/^http_\d/u.test(found))
      .map((found) => `${source.file}: ${found}`),
  );
  expect(missing).toEqual([]);
});

test("the scan finds the codes of every part", () => {
  const found = new Set(sources.flatMap(codesIn));
  for (const one of ["quote_expired", "lsp_offline", "pin_wrong", "payee_mismatch", "not_paid"])
    expect(found).toContain(one);
  expect(found.size).toBeGreaterThan(150);
});

test("every code in the registry is used by a source and listed once", () => {
  const text = sources.map((source) => source.text).join("\n");
  const proto = readFileSync(
    path.join(root, "packages/contracts/proto/satsconnect/payment/v1/payment.proto"),
    "utf8",
  );
  const isUsed = (name: string): boolean =>
    new RegExp(`["\`]${name}["\`]|\\b${name}: problem\\(`, "u").test(text) ||
    proto.includes(`FAILURE_REASON_${name.toUpperCase()} `);
  expect(registered.filter((name) => !isUsed(name))).toEqual([]);
  expect(registered.filter((name, index) => registered.indexOf(name) !== index)).toEqual([]);
});

test("every reason that a customer can see is explained", () => {
  expect(registered).toEqual(expect.arrayContaining(Object.values(orderReasons).flat()));
});

test("retry in the sources agrees with the registry", () => {
  const call = new RegExp(
    `\\berr\\(\\s*${code}(?: as const)?,\\s*(?:"[^"]*"|\`[^\`]*\`),\\s*"(never|safe|unknown)"`,
    "gu",
  );
  const wrong = sources.flatMap(({ file, text }) =>
    [...text.matchAll(call)]
      .filter(([, name = "", retry]) => {
        const expected = findFailureCode(name)?.retry;
        return expected !== undefined && expected !== "varies" && expected !== retry;
      })
      .map(([, name, retry]) => `${file}: ${String(name)} is ${String(retry)}`),
  );
  expect(wrong).toEqual([]);
});
