import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Runs `work` while holding a lock folder, waiting for others; a lock whose owner died is taken over. */
export async function withLock<Value>(
  lockFolder: string,
  work: () => Promise<Value>,
): Promise<Value> {
  const owner = path.join(lockFolder, "pid");
  mkdirSync(path.dirname(lockFolder), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lockFolder);
      writeFileSync(owner, String(process.pid));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    let pid: number;
    try {
      pid = Number(readFileSync(owner, "utf8"));
    } catch {
      pid = 0;
    }
    if (pid > 0 && !isAlive(pid)) rmSync(lockFolder, { recursive: true, force: true });
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}
