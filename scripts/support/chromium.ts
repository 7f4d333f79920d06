import { spawnSync } from "node:child_process";
import process from "node:process";

/** A Chromium on this machine: `CHROMIUM`, or one on the path; null where there is none. */
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

/** A Chromium for a command that is nothing without one; says what to set and ends the process where there is none. */
export function needChromium(): string {
  const executable = findChromium();
  if (executable !== null) return executable;
  process.stderr.write("There is no Chromium on this machine. Set CHROMIUM to one.\n");
  process.exit(1);
}
