import { expect, test } from "vitest";
import { table } from "./table.ts";

test("a name from outside cannot move the cursor, recolour the terminal or turn a line around", () => {
  const name = "MARY\u001b[2J\u001b[31m\r\n\u202egnp.SAJ\u2066\u0007";
  const text = table(["name", "state"], [[name, "paid"]]);
  expect(text.split("\n")).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e\u2066]/u);
  expect(text).toContain("MARY·[2J·[31m···gnp.SAJ··");
});

test("columns line up", () => {
  expect(
    table(
      ["a", "long head"],
      [
        ["wide cell", "x"],
        ["b", ""],
      ],
    ),
  ).toBe(["a          long head", "wide cell  x", "b"].join("\n"));
});
