import { spawnSync } from "node:child_process";
import process from "node:process";

/** Finds Chromium: `CHROMIUM`, then the usual names on the PATH; null if there is none. */
export function findChromium(): string | null {
  const candidates = [process.env["CHROMIUM"], "chromium", "chromium-browser", "google-chrome"];
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === "") continue;
    if (spawnSync(candidate, ["--version"], { stdio: "ignore" }).status !== 0) continue;
    if (candidate.includes("/")) return candidate;
    const { stdout } = spawnSync("/bin/sh", ["-c", `command -v ${candidate}`], {
      encoding: "utf8",
    });
    return stdout.trim();
  }
  return null;
}

/** Chromium for commands that cannot work without it. Prints how to set it and exits the process if there is none. */
export function requireChromium(): string {
  const executable = findChromium();
  if (executable !== null) return executable;
  process.stderr.write("Chromium was not found. Install it or set CHROMIUM to its path.\n");
  process.exit(1);
}
