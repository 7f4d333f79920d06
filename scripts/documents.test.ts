import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./support/paths.ts";

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...globSync(
    [
      "docs/**/*.md",
      "apps/*/README.md",
      "apps/*/docs/*.md",
      "packages/*/README.md",
      "crates/*/README.md",
    ],
    {
      cwd: root,
    },
  ),
].toSorted();

type Manifest = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

function dependencies(): readonly string[] {
  const manifests = globSync(["package.json", "packages/*/package.json", "apps/*/package.json"], {
    cwd: root,
  });
  const names = manifests.flatMap((file) => {
    const manifest = JSON.parse(read(file)) as Manifest;
    return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
  });
  return [...new Set(names)].filter((name) => !name.startsWith("@satsconnect/"));
}

/** Names in the first column of the first table of docs/dependencies.md; a trailing `*` matches any suffix. */
function listedNames(): readonly string[] {
  const [packages = ""] = read("docs/dependencies.md").split("\n## ");
  return packages
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| package |"))
    .flatMap((line) => (line.split("|")[1] ?? "").split(","))
    .map((name) => name.trim());
}

const matches = (entry: string, name: string): boolean =>
  entry.endsWith("*") ? name.startsWith(entry.slice(0, -1)) : entry === name;

describe("the documents", () => {
  test("list each dependency once, and nothing else", () => {
    const listed = listedNames();
    const names = dependencies();
    expect(
      names.filter((name) => listed.filter((entry) => matches(entry, name)).length !== 1),
    ).toEqual([]);
    expect(listed.filter((entry) => !names.some((name) => matches(entry, name)))).toEqual([]);
  });

  test("link to existing files", () => {
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/gu)].map(([, link = ""]) =>
        path.join(path.dirname(page), link),
      ),
    );
    expect(links.filter((link) => !existsSync(path.join(root, link)))).toEqual([]);
  });

  test("name existing files, folders and commands", () => {
    const text = pages.map(read).join("\n");
    const paths = [
      ...text.matchAll(/`((?:apps|packages|crates|tests|scripts|bench|docs)\/[\w./-]+)`/gu),
    ].map(([, name = ""]) => name);
    expect(paths.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
    const { scripts = {} } = JSON.parse(read("package.json")) as Manifest;
    const commands = [...text.matchAll(/npm run ([\w:]+)/gu)].map(([, command = ""]) => command);
    expect(commands.filter((command) => !Object.hasOwn(scripts, command))).toEqual([]);
  });

  test("exist where a source names one", () => {
    const sources = globSync("{apps,packages,scripts,tests,bench}/**/*.{ts,tsx,mts,mjs}", {
      cwd: root,
      exclude: ["**/node_modules", "**/dist"],
    });
    const named = sources.flatMap((source) =>
      [...read(source).matchAll(/\b(?:docs|crates\/[\w-]+)\/[\w/-]+\.md\b/gu)].map(
        ([document]) => ({ source, document }),
      ),
    );
    expect(named.filter(({ document }) => !existsSync(path.join(root, document)))).toEqual([]);
    expect(named).not.toEqual([]);
  });
});
