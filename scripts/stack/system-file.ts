import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Addresses that a running system publishes for other programs on this machine. Contains no secrets. */
export type SystemFile = {
  readonly pid: number;
  readonly startedAt: string;
  readonly network: "regtest";
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  readonly merchantUrl: string;
  /** Null where the web app is not served. */
  readonly walletUrl: string | null;
  /** The operator's console, and satsctl's address and certificates (paths of files). */
  readonly operator: {
    readonly consoleUrl: string;
    readonly adminUrl: string;
    readonly certificate: string;
    readonly key: string;
    readonly authority: string;
  };
  readonly esploraUrl: string;
  /** `key@url` of the watchtower. */
  readonly watchtower: string;
  readonly engineNodeId: string;
  readonly merchantNodeId: string;
};

const name = "system.json";

export function writeSystemFile(home: string, system: SystemFile): void {
  const file = path.join(home, name);
  writeFileSync(`${file}.new`, `${JSON.stringify(system, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function removeSystemFile(home: string): void {
  rmSync(path.join(home, name), { force: true });
}

/** The system that is running in this folder, or null. */
export function runningSystem(home: string): SystemFile | null {
  const file = path.join(home, name);
  if (!existsSync(file)) return null;
  const system = JSON.parse(readFileSync(file, "utf8")) as SystemFile;
  try {
    process.kill(system.pid, 0);
    return system;
  } catch {
    return null;
  }
}
