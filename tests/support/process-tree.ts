import { readdirSync, readFileSync } from "node:fs";

/** All descendants of a process, from `/proc`. Postgres's processes have process groups of their own. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/u.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // The command name is in parentheses and may contain any character.
      const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
      parents.set(Number(entry), Number(parent));
    } catch {
      // The process has exited in the meantime.
    }
  }
  const found: number[] = [];
  const below = [pid];
  for (let next = below.pop(); next !== undefined; next = below.pop()) {
    for (const [child, parent] of parents) if (parent === next) below.push(child);
    if (next !== pid) found.push(next);
  }
  return found;
}
