import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "@babel/parser";
import type { Node } from "@babel/types";
import { expect, test } from "vitest";

const source = path.resolve(import.meta.dirname, "..");
const folders = ["design", "screens", "session", "shell"];

/** Properties and attributes whose text a person reads or hears. */
const spoken = new Set([
  "label",
  "title",
  "detail",
  "children",
  "placeholder",
  "hint",
  "about",
  "question",
  "figure",
  "value",
  "note",
  "noPrice",
  "endedLabel",
  "eraseLabel",
  "accessibilityLabel",
  "accessibilityHint",
  "aria-label",
  "alt",
  "rest",
  "holding",
  "confirm",
  "tap",
  "place",
  "day",
  "countdown",
]);

/** Names and figures on the components page, and signs. They are the same in every language. */
const allowed = new Set([
  "Mama Njeri",
  "JANE W•••••",
  "Lightning",
  "KES 120",
  "KES 2,000",
  "1 BTC = KES 12,700,000",
  "SKL4H7T2QZ",
  "Kiswahili",
  "Haba na haba hujaza kibaba",
]);

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(name);
    const isSource = /\.tsx?$/u.test(entry.name) && !entry.name.includes(".test.");
    return isSource && entry.name !== "tokens.ts" ? [name] : [];
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "loc" in value;
}

function inner(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** The texts that an expression can evaluate to, without those that it only compares or passes as arguments. */
function texts(node: Node): readonly string[] {
  switch (node.type) {
    case "StringLiteral":
      return [node.value];
    case "TemplateLiteral":
      return node.quasis.map(({ value }) => value.cooked ?? "");
    case "ConditionalExpression":
      return [...texts(node.consequent), ...texts(node.alternate)];
    case "LogicalExpression":
      return [...texts(node.left), ...texts(node.right)];
    case "BinaryExpression":
      return node.operator === "+" ? [...texts(node.left), ...texts(node.right)] : [];
    case "JSXExpressionContainer":
      return texts(node.expression);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
      return texts(node.expression);
    default:
      return [];
  }
}

function nameOf(node: Node): string {
  if (node.type === "Identifier" || node.type === "JSXIdentifier") return node.name;
  return node.type === "StringLiteral" ? node.value : "";
}

function spokenIn(node: Node): readonly string[] {
  switch (node.type) {
    case "JSXText":
      return [node.value];
    case "JSXElement":
    case "JSXFragment":
      return node.children.flatMap((child) =>
        child.type === "JSXExpressionContainer" ? texts(child) : [],
      );
    case "JSXAttribute":
      return spoken.has(nameOf(node.name)) && isNode(node.value) ? texts(node.value) : [];
    case "ObjectProperty":
      return spoken.has(nameOf(node.key)) ? texts(node.value) : [];
    default:
      return [];
  }
}

function walk(node: Node, found: (text: string, line: number) => void): void {
  for (const text of spokenIn(node)) found(text.trim(), node.loc?.start.line ?? 0);
  for (const child of inner(node)) walk(child, found);
}

function stringsIn(code: string, file: string): readonly string[] {
  const strings: string[] = [];
  const tree = parse(code, { sourceType: "module", plugins: ["typescript", "jsx"] });
  walk(tree.program, (text, line) => {
    if (/\p{L}{2}/u.test(text) && !allowed.has(text) && !/^\d[\d,]* sats$/u.test(text))
      strings.push(`${file}:${String(line)} ${text}`);
  });
  return strings;
}

test("every text on a screen comes from the catalogues", () => {
  const files = folders.flatMap((folder) => filesBelow(path.join(source, folder)));
  const strings = files.flatMap((file) =>
    stringsIn(readFileSync(file, "utf8"), path.relative(source, file)),
  );
  expect(files.length).toBeGreaterThan(40);
  expect(strings).toEqual([]);
});

test("finds a text outside the catalogues", () => {
  const code = `
    const a = <Type as="body">Hello there</Type>;
    const b = <Button icon="more" label={busy ? "Please wait" : words.go} testID="not.words" />;
    const c = <Type>{name === "en" ? words.yes : \`Dear \${name}\`}</Type>;
    const actions = [{ icon: "send", label: "Send it" }];
  `;
  expect(stringsIn(code, "code").map((found) => found.replace(/^\S+ /u, ""))).toEqual([
    "Hello there",
    "Please wait",
    "Dear",
    "Send it",
  ]);
});
