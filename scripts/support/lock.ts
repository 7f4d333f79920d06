import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

type Held = { readonly release: () => void };

/**
 * Acquires a lock folder (mkdir is atomic) or returns the process id of its holder. The lock of a dead process is
 * taken over.
 */
export function tryLock(lockFolder: string): Held | { readonly holder: number } {
  const owner = path.join(lockFolder, "pid");
  mkdirSync(path.dirname(lockFolder), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lockFolder);
      writeFileSync(owner, String(process.pid));
      return {
        release: () => {
          rmSync(lockFolder, { recursive: true, force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    let holder: number;
    try {
      holder = Number(readFileSync(owner, "utf8"));
    } catch {
      // The holder has created the folder but not written its process id yet, or it died in between.
      if (Date.now() - (statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 10_000)
        return { holder: 0 };
      holder = -1;
    }
    if (holder > 0 && isAlive(holder)) return { holder };
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

/** Runs `work` while holding a lock folder; waits until other processes release it. */
export async function withLock<Value>(
  lockFolder: string,
  work: () => Promise<Value>,
): Promise<Value> {
  for (;;) {
    const lock = tryLock(lockFolder);
    if ("release" in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
