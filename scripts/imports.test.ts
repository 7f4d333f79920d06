import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./support/paths.ts";

/*
 * Checks the import rules of docs/architecture.md. The rules are read from that page, so they are written once.
 * Type imports count. Test files and the folders `testing/`, `simulate/` and `simulation/` may import everything in their workspace.
 */

const page = readFileSync(path.join(root, "docs", "architecture.md"), "utf8");
const block = (name: string): ReadonlyMap<string, string> => {
  const body = new RegExp(`\`\`\`text ${name}\\n([\\s\\S]*?)\`\`\``, "u").exec(page)?.[1] ?? "";
  return new Map(
    body
      .split("\n")
      .filter((line) => line.includes(":"))
      .map((line) => {
        const [left = "", right = ""] = line.split(/:\s*/u);
        return [left.trim(), right.trim()];
      }),
  );
};

/** Workspace → the workspaces that it may import. */
const workspaces = new Map(
  [...block("workspaces")].map(([name, list]) => [name, list === "-" ? [] : list.split(/[\s,]+/u)]),
);
/** Workspace → its folders as levels, lowest first. Folders of one level do not import each other. */
const layers = new Map(
  [...block("folders")].map(([name, text]) => [
    name,
    text.split("<").map((level) => level.trim().split(/\s+/u)),
  ]),
);

type Import = { readonly from: string; readonly to: string };

const isExempt = (file: string): boolean =>
  /\.test\.tsx?$|\/(?:testing|simulate|simulation)\/|conformance\.ts$/u.test(file);

const sources = globSync("{packages,apps}/*/src/**/*.{ts,tsx}", { cwd: root }).filter(
  (file) => !file.includes("node_modules") && !file.includes("/dist/"),
);
const known = new Set(sources);

/** Import specifiers of a file, types and dynamic imports included. */
function specifiers(file: string): readonly string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/gu)].map(([, name = ""]) => name);
}

const imports: readonly Import[] = sources.flatMap((from) =>
  specifiers(from).map((name) => ({
    from,
    to: name.startsWith(".") ? path.join(path.dirname(from), name) : name,
  })),
);

const workspaceOf = (file: string): string => file.split("/").slice(0, 2).join("/");

/** Level of a file in its workspace; null for files that no rule names (they are above all levels). */
function levelOf(levels: readonly (readonly string[])[], file: string) {
  const pathInSrc = file.split("/").slice(3).join("/");
  let best: { readonly level: number; readonly folder: string } | null = null;
  for (const [level, folders] of levels.entries())
    for (const folder of folders)
      if (
        (pathInSrc === folder || pathInSrc.startsWith(`${folder}/`)) &&
        folder.length > (best?.folder.length ?? 0)
      )
        best = { level, folder };
  return best;
}

describe("import rules", () => {
  test("a workspace imports only the workspaces that docs/architecture.md allows", () => {
    expect(workspaces.size).toBeGreaterThan(8);
    const names = new Map(
      [...workspaces.keys()].map((folder) => [
        (
          JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8")) as {
            readonly name: string;
          }
        ).name,
        folder,
      ]),
    );
    const forbidden = imports.filter(({ from, to }) => {
      const target = names.get(to.split("/").slice(0, 2).join("/"));
      const own = workspaceOf(from);
      return target !== undefined && target !== own && !workspaces.get(own)?.includes(target);
    });
    expect(forbidden).toEqual([]);
    const unnamed = new Set(sources.map(workspaceOf).filter((folder) => !workspaces.has(folder)));
    expect([...unnamed]).toEqual([]);
  });

  test("a relative import stays inside its workspace", () => {
    const outside = imports.filter(
      ({ from, to }) => known.has(to) && workspaceOf(from) !== workspaceOf(to),
    );
    expect(outside).toEqual([]);
  });

  test("a folder imports only from the levels below it", () => {
    expect(layers.size).toBeGreaterThan(3);
    const upward = imports.filter(({ from, to }) => {
      const levels = layers.get(workspaceOf(from));
      if (levels === undefined || !known.has(to) || isExempt(from)) return false;
      const [importer, imported] = [levelOf(levels, from), levelOf(levels, to)];
      if (importer === null) return false;
      if (imported === null) return true;
      return imported.folder !== importer.folder && imported.level >= importer.level;
    });
    expect(upward).toEqual([]);
  });

  test("every folder of a workspace with folder rules has a level", () => {
    const missing = sources.filter((file) => {
      const levels = layers.get(workspaceOf(file));
      const isRootFile = file.split("/").length === 4;
      return (
        levels !== undefined && !isRootFile && !isExempt(file) && levelOf(levels, file) === null
      );
    });
    expect(missing).toEqual([]);
  });

  test("production code imports no test code", () => {
    const wrong = imports.filter(
      ({ from, to }) => !isExempt(from) && known.has(to) && to.includes("/testing/"),
    );
    expect(wrong).toEqual([]);
  });

  test("there are no import cycles, type imports included", () => {
    const graph = Map.groupBy(
      imports.filter(({ to }) => known.has(to)),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
        return;
      }
      if (done.has(file)) return;
      for (const { to } of graph.get(file) ?? []) visit(to, [...trail, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
    expect(cycles).toEqual([]);
  });
});
