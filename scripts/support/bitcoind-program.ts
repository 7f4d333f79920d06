import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { withLock } from "./lock.ts";
import { cacheFolder } from "./paths.ts";

/** How to start bitcoind: a program and the arguments that come before its own. */
export type Bitcoind = {
  readonly command: string;
  readonly prefix: readonly string[];
  readonly from: string;
};

const packageName = "bitcoin-knots";
const howTo =
  "Install Bitcoin Core (https://bitcoincore.org/en/download/) and put bitcoind on the PATH, or set BITCOIND to the program.";

function works(command: string, prefix: readonly string[] = []): boolean {
  return spawnSync(command, [...prefix, "-version"], { stdio: "ignore" }).status === 0;
}

/**
 * Finds a bitcoind: `BITCOIND`, the path, or Debian's package unpacked into the cache, which needs no root and leaves
 * the system as it is. @throws Error that says how to install it, where none of these is possible.
 */
export async function ensureBitcoind(
  say: (line: string) => void = () => undefined,
): Promise<Bitcoind> {
  const given = process.env["BITCOIND"];
  if (given !== undefined && given !== "") {
    if (!works(given)) throw new Error(`BITCOIND is ${given}, which does not run. ${howTo}`);
    return { command: given, prefix: [], from: "BITCOIND" };
  }
  if (works("bitcoind")) return { command: "bitcoind", prefix: [], from: "the path" };
  const folder = path.join(cacheFolder, "bitcoind");
  return withLock(`${folder}.lock`, async () => {
    const unpacked = findUnpacked(folder);
    if (unpacked !== null) return unpacked;
    say("Fetching bitcoind from Debian's packages (25 MB, once)…");
    unpackFromDebian(folder);
    const found = findUnpacked(folder);
    if (found === null)
      throw new Error(
        `Debian's ${packageName} was fetched, but does not run on this machine. ${howTo}`,
      );
    return found;
  });
}

function findUnpacked(folder: string): Bitcoind | null {
  const program = path.join(folder, "root", "usr", "bin", "bitcoind");
  if (!existsSync(program)) return null;
  for (const triplet of ["x86_64-linux-gnu", "aarch64-linux-gnu"]) {
    const libraries = path.join(folder, "root", "usr", "lib", triplet);
    if (!existsSync(libraries)) continue;
    const loader = readdirSync(libraries).find((name) => /^ld-linux.*\.so\.\d+$/u.test(name));
    if (loader === undefined) continue;
    const prefix = ["--library-path", libraries, program];
    const command = path.join(libraries, loader);
    if (works(command, prefix)) return { command, prefix, from: "Debian's packages" };
  }
  return null;
}

/** The mirror that this machine's apt already uses, else Debian's own. */
function debianMirror(): string {
  const files = ["/etc/apt/sources.list"];
  const parts = "/etc/apt/sources.list.d";
  if (existsSync(parts)) files.push(...readdirSync(parts).map((name) => path.join(parts, name)));
  for (const file of files) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S+\/debian)\/?\s*(?:$|\s)/mu.exec(
      text,
    );
    if (found?.[1] !== undefined) return found[1];
  }
  return "http://deb.debian.org/debian";
}

function unpackFromDebian(folder: string): void {
  const keyring = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
  ].find((file) => existsSync(file));
  const tools = ["apt-get", "dpkg-deb"].every(
    (tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).status === 0,
  );
  if (!tools || keyring === undefined)
    throw new Error(
      `No bitcoind on this machine, and no apt with Debian's archive keys to fetch one. ${howTo}`,
    );
  const work = path.join(folder, "work");
  rmSync(folder, { recursive: true, force: true });
  for (const part of [
    "state/lists/partial",
    "cache/archives/partial",
    "etc/preferences.d",
    "etc/apt.conf.d",
    "root",
  ])
    mkdirSync(path.join(work, part), { recursive: true });
  const status = path.join(work, "state", "status");
  writeFileSync(status, "");
  const mirror = debianMirror();
  writeFileSync(
    path.join(work, "etc", "sources.list"),
    ["trixie", "sid"]
      .map((suite) => `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`)
      .join(""),
  );
  writeFileSync(
    path.join(work, "etc", "preferences.d", "sid"),
    "Package: *\nPin: release n=sid\nPin-Priority: 100\n",
  );
  const options = [
    ["Dir::State", path.join(work, "state")],
    ["Dir::State::status", status],
    ["Dir::Cache", path.join(work, "cache")],
    ["Dir::Etc", path.join(work, "etc")],
    ["Dir::Etc::sourcelist", path.join(work, "etc", "sources.list")],
    ["Dir::Etc::sourceparts", "-"],
    ["Dir::Etc::preferencesparts", path.join(work, "etc", "preferences.d")],
    ["APT::Install-Recommends", "false"],
    ["APT::Sandbox::User", os.userInfo().username],
    ["Acquire::Check-Valid-Until", "false"],
    ["Acquire::Retries", "3"],
    ["Acquire::Languages", "none"],
    ["Debug::NoLocking", "true"],
  ].flatMap(([key, value]) => ["-o", `${key ?? ""}=${value ?? ""}`]);
  for (const step of [["update"], ["--yes", "--download-only", "install", packageName]]) {
    const result = spawnSync("apt-get", ["-q", ...options, ...step], { encoding: "utf8" });
    if (result.status !== 0)
      throw new Error(
        `apt could not fetch ${packageName}: ${result.stderr.trim().split("\n").at(-1) ?? ""}. ${howTo}`,
      );
  }
  const archives = path.join(work, "cache", "archives");
  for (const file of readdirSync(archives).filter((name) => name.endsWith(".deb"))) {
    const result = spawnSync(
      "dpkg-deb",
      ["-x", path.join(archives, file), path.join(work, "root")],
      { encoding: "utf8" },
    );
    if (result.status !== 0) throw new Error(`Could not unpack ${file}: ${result.stderr}`);
  }
  renameSync(path.join(work, "root"), path.join(folder, "root"));
  rmSync(work, { recursive: true, force: true });
}
