import { spawnSync } from "node:child_process";
import path from "node:path";
import { cacheFolder, nodeBinary, root } from "./paths.ts";

/** Builds the operator's page, which takes less than a second. @returns its folder. @throws Error with the output. */
export function buildConsole(): string {
  const folder = path.join(cacheFolder, "console-web");
  const script = path.join(root, "apps", "console", "scripts", "build.mts");
  const { status, stderr } = spawnSync(
    nodeBinary,
    ["--disable-warning=ExperimentalWarning", script, folder],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`Building the operator's page failed.\n${stderr}`);
  return folder;
}
