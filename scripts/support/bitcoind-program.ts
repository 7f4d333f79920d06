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

/** Command that starts bitcoind, and the arguments that precede bitcoind's own. */
export type Bitcoind = {
  readonly command: string;
  readonly prefix: readonly string[];
};

const packageName = "bitcoin-knots";
const installHint = `Install Bitcoin Core, put bitcoind on the PATH (or set BITCOIND to the program) and run the command again:
  Ubuntu   snap install bitcoin-core
  Fedora   dnf install bitcoin-core-server
  macOS    brew install bitcoin
  Nix      nix profile install nixpkgs#bitcoind`;

function runs(command: string, prefix: readonly string[] = []): boolean {
  return spawnSync(command, [...prefix, "-version"], { stdio: "ignore" }).status === 0;
}

/**
 * Finds bitcoind: `BITCOIND`, then the PATH, then Debian's package unpacked into the cache folder, which needs no root
 * and does not change the system. @throws Error with installation instructions if none of these works.
 */
export async function ensureBitcoind(
  print: (line: string) => void = () => undefined,
): Promise<Bitcoind> {
  const configured = process.env["BITCOIND"];
  if (configured !== undefined && configured !== "") {
    if (!runs(configured))
      throw new Error(`BITCOIND is set to ${configured}, which does not run. ${installHint}`);
    return { command: configured, prefix: [] };
  }
  if (runs("bitcoind")) return { command: "bitcoind", prefix: [] };
  const folder = path.join(cacheFolder, "bitcoind");
  return withLock(`${folder}.lock`, async () => {
    const unpacked = findUnpacked(folder);
    if (unpacked !== null) return unpacked;
    print("Fetching bitcoind from Debian's packages (25 MB, once)…");
    unpackFromDebian(folder);
    const found = findUnpacked(folder);
    if (found === null)
      throw new Error(
        `Debian's package ${packageName} does not run on this machine. ${installHint}`,
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
    if (runs(command, prefix)) return { command, prefix };
  }
  return null;
}

/** The Debian mirror in this machine's apt sources, or null if there is none (Ubuntu has apt, but other sources). */
function debianMirror(): string | null {
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
  return null;
}

function unpackFromDebian(folder: string): void {
  const keyring = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
  ].find((file) => existsSync(file));
  const tools = ["apt-get", "dpkg-deb"].every(
    (tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).status === 0,
  );
  const mirror = debianMirror();
  if (!tools || keyring === undefined || mirror === null)
    throw new Error(
      `bitcoind was not found, and apt has no Debian source to install it from. ${installHint}`,
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
        `apt-get failed to download ${packageName}: ${result.stderr.trim().split("\n").at(-1) ?? ""}. ${installHint}`,
      );
  }
  const archives = path.join(work, "cache", "archives");
  for (const file of readdirSync(archives).filter((name) => name.endsWith(".deb"))) {
    const result = spawnSync(
      "dpkg-deb",
      ["-x", path.join(archives, file), path.join(work, "root")],
      { encoding: "utf8" },
    );
    if (result.status !== 0) throw new Error(`dpkg-deb failed to unpack ${file}: ${result.stderr}`);
  }
  renameSync(path.join(work, "root"), path.join(folder, "root"));
  rmSync(work, { recursive: true, force: true });
}
