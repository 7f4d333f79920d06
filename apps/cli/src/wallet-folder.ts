import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { badInput, CommandFailed } from "./command-failed.ts";

/** A wallet's folder, locked by this process until `release`. */
export type WalletFolder = {
  readonly path: string;
  readonly seedFile: string;
  readonly release: () => void;
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Locks the wallet: two nodes with one state would force-close their channels. Removes the lock of a dead process. */
function acquireLock(lockFile: string): void {
  for (;;) {
    try {
      const file = openSync(lockFile, "wx", 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(readFileSync(lockFile, "utf8"));
    if (holder > 0 && isAlive(holder)) {
      throw new CommandFailed(
        "wallet_busy",
        `Process ${String(holder)} is using this wallet. Try again when it has ended.`,
      );
    }
    rmSync(lockFile, { force: true });
  }
}

/** Creates the folder if needed and locks it. @throws CommandFailed for an invalid name or a locked wallet */
export function openWalletFolder(stateFolder: string, name: string): WalletFolder {
  if (!/^[A-Za-z0-9_-]{1,40}$/u.test(name)) {
    throw badInput("wallet_name_invalid", "A wallet's name has 1 to 40 letters, digits, - and _.");
  }
  const folder = path.join(stateFolder, "wallets", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lockFile = path.join(folder, "lock");
  acquireLock(lockFile);
  return {
    path: folder,
    seedFile: path.join(folder, "seed.json"),
    release: () => {
      rmSync(lockFile, { force: true });
    },
  };
}
