import { readdirSync, readFileSync } from "node:fs";

/** All processes below one, by `/proc`: Postgres's are each in a group of their own. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/u.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // the command's name is in brackets and may hold anything
      const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
      parents.set(Number(entry), Number(parent));
    } catch {
      // it has ended meanwhile
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
