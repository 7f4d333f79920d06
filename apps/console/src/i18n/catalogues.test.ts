import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { en } from "./catalogues/en.ts";
import { sw } from "./catalogues/sw.ts";

type Entry = { readonly at: string; readonly texts: readonly string[] };

/** Every text with its place. A function is called with 1 and with 7, to cover singular and plural. */
function entriesOf(value: unknown, at: readonly string[] = []): readonly Entry[] {
  if (typeof value === "string") return [{ at: at.join("."), texts: [value] }];
  if (typeof value === "function") {
    const make = value as (...values: unknown[]) => string;
    const texts = [1, 7].map((count) => make(...Array.from({ length: make.length }, () => count)));
    return [{ at: at.join("."), texts }];
  }
  return Object.entries(value as object).flatMap(([key, inner]) => entriesOf(inner, [...at, key]));
}

const source = path.resolve(import.meta.dirname, "..");

/** Names, units and terms that are the same in both languages. */
const shared = new RegExp(
  [
    "^(?:SatsConnect|English|Kiswahili|Debit|Credit|Account reference|Hash|Invoice|Payment hash|Sats|Shortcode)$",
    "^(?:CheckoutRequestID|ConversationID|OriginatorConversationID|payment hash|payment_hash|STK push|Reversal)$",
    "^(?:Pull Transactions|passkey [17]|Jan|Feb|Apr|Jun|Jul|Sep|Nov)$",
  ].join("|"),
  "u",
);

/** Words that only English has; a Swahili sentence with one of them was not translated. */
const englishOnly =
  /\b(?:the|and|your|you|is|are|was|not|this|that|with|from|for|of|to|it|we|be|by|phone|money|wallet|amount|price|send|receive|again|try|cannot|nothing|server|address|words|network|open|close|order|case|books|day)\b/iu;

test("no text is empty", () => {
  const empty = [...entriesOf(en), ...entriesOf(sw)].filter(({ texts }) =>
    texts.some((text) => text.trim() === ""),
  );
  expect(empty).toEqual([]);
});

test("every text is translated", () => {
  const english = new Map(entriesOf(en).map(({ at, texts }) => [at, texts.join()]));
  const left = entriesOf(sw).filter(
    ({ at, texts }) =>
      !texts.every((text) => shared.test(text)) &&
      (texts.join() === english.get(at) || texts.some((text) => englishOnly.test(text))),
  );
  expect(left).toEqual([]);
});

test("every text is shown somewhere", () => {
  const code = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("catalogues"))
    .map((name) => readFileSync(path.join(source, name), "utf8"))
    .join("\n");
  const unused = entriesOf(en).filter(({ at }) => {
    const keys = at.split(".");
    const key = keys.at(-1) ?? "";
    if (new RegExp(`\\.${key}\\b|[{,]\\s*${key}\\b|"${key}"`, "u").test(code)) return false;
    // Entries of a group are looked up by a code of the server.
    return !keys
      .slice(0, -1)
      .some((group) =>
        new RegExp(`\\.${group}(?:\\[|,|\\))|\\b${group} \\}|= words\\(\\)\\.${group};`, "u").test(
          code,
        ),
      );
  });
  expect(unused.map(({ at }) => at)).toEqual([]);
});
