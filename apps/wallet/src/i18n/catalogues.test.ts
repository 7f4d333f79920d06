import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { componentsEn } from "./catalogues/components-screen.en.ts";
import { componentsSw } from "./catalogues/components-screen.sw.ts";
import { moneyEn } from "./catalogues/money-screens.en.ts";
import { moneySw } from "./catalogues/money-screens.sw.ts";
import { settingsEn } from "./catalogues/settings-screens.en.ts";
import { settingsSw } from "./catalogues/settings-screens.sw.ts";
import { shellEn } from "./catalogues/onboarding-and-lock.en.ts";
import { shellSw } from "./catalogues/onboarding-and-lock.sw.ts";

type Entry = {
  /** `history.filters.all` */
  readonly at: string;
  readonly value: string | ((...values: unknown[]) => unknown);
};

const catalogues = {
  components: [componentsEn, componentsSw],
  money: [moneyEn, moneySw],
  settings: [settingsEn, settingsSw],
  shell: [shellEn, shellSw],
} as const;

function entriesOf(value: unknown, at: readonly string[] = []): readonly Entry[] {
  if (typeof value === "string") return [{ at: at.join("."), value }];
  if (typeof value === "function")
    return [{ at: at.join("."), value: value as (...values: unknown[]) => unknown }];
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${at.join(".")} is neither a string, a function nor a group`);
  return Object.entries(value).flatMap(([key, inner]) => entriesOf(inner, [...at, key]));
}

/** The texts of an entry. A function is called with 1 and with 7, to cover singular and plural. */
function textsOf({ value }: Entry): readonly string[] {
  if (typeof value === "string") return [value];
  return [1, 7].map((count) => String(value(...Array.from({ length: value.length }, () => count))));
}

/** Names, units and terms that are the same in both languages. */
const shared = new Set([
  "SatsConnect",
  "M-Pesa",
  "KES",
  "sats",
  "Lightning",
  "PIN",
  "English",
  "Kiswahili",
  "KES 7",
  "KES 1",
  "0712 345 678",
  "https://…",
  "1 sats",
  "7 sats",
  "M-Pesa 1",
  "M-Pesa 7",
  "satsconnect-1.csv",
  "satsconnect-7.csv",
  ...["Jan", "Feb", "Apr", "Jun", "Jul", "Sep", "Nov"],
  // Kanga sayings are Swahili in both languages.
  ...moneySw.receipt.sayings,
]);

/** Words that only English has; a Swahili sentence with one of them was not translated. */
const englishOnly =
  /\b(?:the|and|your|you|is|are|was|not|this|that|with|from|for|of|to|it|we|be|by|phone|money|wallet|amount|payment|price|send|receive|again|try|cannot|nothing|server|address|words|network|open|close|backup)\b/iu;

const source = path.resolve(import.meta.dirname, "..");

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory())
      return ["catalogues", "testing"].includes(entry.name) && folder.endsWith("i18n")
        ? []
        : sourcesBelow(name);
    return /\.tsx?$/u.test(entry.name) && !entry.name.includes(".test.") ? [name] : [];
  });
}

describe.each(Object.entries(catalogues))("the catalogue %s", (name, [english, swahili]) => {
  const en = entriesOf(english);
  const sw = entriesOf(swahili);

  test("has the same entries in both languages, with no more parameters in Swahili", () => {
    const shape = (entries: readonly Entry[]) =>
      entries.map(({ at, value }) =>
        typeof value === "string" ? at : `${at}(${String(value.length)})`,
      );
    // A translation may use fewer parameters, never more.
    const parameters = new Map(
      en.map(({ at, value }) => [at, typeof value === "string" ? -1 : value.length]),
    );
    const fits = ({ at, value }: Entry) => {
      const maxParameters = parameters.get(at);
      if (maxParameters === undefined) return false;
      return typeof value === "string" ? true : maxParameters >= value.length;
    };
    expect(sw.map(({ at }) => at).toSorted()).toEqual(en.map(({ at }) => at).toSorted());
    expect(shape(sw.filter((entry) => !fits(entry)))).toEqual([]);
  });

  test("has no empty entry", () => {
    const empty = [...en, ...sw].filter((entry) =>
      textsOf(entry).some((text) => text.trim() === ""),
    );
    expect(empty.map(({ at }) => at)).toEqual([]);
  });

  test("has no English left in Swahili", () => {
    const english = new Map(en.map((entry) => [entry.at, textsOf(entry).join()]));
    const left = sw.filter((entry) => {
      const texts = textsOf(entry);
      if (texts.every((one) => shared.has(one) || /^[^\p{L}]*$/u.test(one))) return false;
      return texts.join() === english.get(entry.at) || texts.some((one) => englishOnly.test(one));
    });
    expect(left.map((entry) => `${entry.at}: ${textsOf(entry).join(" / ")}`)).toEqual([]);
  });

  test("has no unused entry", () => {
    const text = sourcesBelow(source)
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    const unused = en.filter(({ at }) => {
      const keys = at.split(".");
      const key = keys.at(-1) ?? "";
      const read = `\\.${key}\\b|"${key}"|[{,]\\s*${key}\\s*(?:,|\\}|: \\w+\\s*[,}])`;
      if (new RegExp(read, "u").test(text)) return false;
      // Entries of a group may be looked up by a code or key that the program holds.
      return !keys
        .slice(0, -1)
        .some((group) => new RegExp(`\\b${group}(?:\\[|\\)|\\.map\\(|, [a-z])`, "u").test(text));
    });
    expect(unused.map(({ at }) => `${name}.${at}`)).toEqual([]);
  });
});
