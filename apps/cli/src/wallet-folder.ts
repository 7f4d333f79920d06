import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { badInput, CommandFailed } from "./command-failed.ts";

/** One wallet's folder, held by this process alone until `release`. */
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

/** A node that ran twice would lose its channels: one process at a time holds a wallet. */
function hold(lockFile: string): void {
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
        `Process ${String(holder)} uses this wallet right now. Try again when it has ended.`,
      );
    }
    rmSync(lockFile, { force: true });
  }
}

/** @throws CommandFailed for a name that no folder can have, or a wallet that another process uses. */
export function openWalletFolder(home: string, name: string): WalletFolder {
  if (!/^[A-Za-z0-9_-]{1,40}$/u.test(name)) {
    throw badInput("wallet_name_invalid", "A wallet's name consists of letters, digits, - and _.");
  }
  const folder = path.join(home, "wallets", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lockFile = path.join(folder, "lock");
  hold(lockFile);
  return {
    path: folder,
    seedFile: path.join(folder, "seed.json"),
    release: () => {
      rmSync(lockFile, { force: true });
    },
  };
}
