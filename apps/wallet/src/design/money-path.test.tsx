import { cleanup } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { renderScreen } from "../testing/render.tsx";
import { MoneyPath } from "./money-path.tsx";
import { toothHeight } from "./tokens.ts";

afterEach(cleanup);

const steps = [
  { key: "1", state: "moving", time: "now", place: "Lightning", detail: "On the way" },
  { key: "2", state: "next", time: "", place: "This phone", detail: "Yours" },
] as const;

/** The keyframes of the animations that elements of the page use. */
function usedKeyframes(): readonly string[] {
  const rules = [...document.styleSheets].flatMap((sheet) =>
    [...sheet.cssRules].map(({ cssText }) => cssText),
  );
  return rules.flatMap((rule) => {
    const [, selector, name] = /^(\.\S+) \{ animation-name: (\S+); \}$/u.exec(rule) ?? [];
    if (selector === undefined || document.querySelector(selector) === null) return [];
    return rules.filter((other) => other.startsWith(`@keyframes ${name ?? ""} `));
  });
}

test("the teeth of a moving step slide down by one tooth", () => {
  renderScreen(<MoneyPath steps={steps} summary="" />);
  expect(usedKeyframes()).toHaveLength(1);
  expect(usedKeyframes()[0]).toContain(`translateY(-${String(toothHeight)}px)`);
});

test("with reduced motion the teeth stand still", () => {
  renderScreen(<MoneyPath steps={steps} summary="" />, { reducedMotion: true });
  expect(usedKeyframes()).toEqual([]);
});
