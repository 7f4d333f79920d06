import { randomBytes } from "node:crypto";
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
import { cacheFolder, privateFolder } from "./paths.ts";
import { portFrom } from "./ports.ts";
import { startProcess, waitFor, type RunningProcess } from "./processes.ts";

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

export type RegtestNode = {
  /** With user and password: `http://user:password@127.0.0.1:port`. */
  readonly rpcUrl: string;
  /** Where raw blocks are published, `tcp://127.0.0.1:port`. */
  readonly zmqUrl: string;
  readonly process: RunningProcess;
  readonly call: <Answer>(
    method: string,
    params?: readonly unknown[],
    wallet?: string,
  ) => Promise<Answer>;
  /** Mines blocks to the miner's own wallet, or to an address. */
  readonly mine: (blocks: number, address?: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A call of bitcoind's JSON-RPC. @throws Error with its code and words. */
async function rpc<Answer>(
  rpcUrl: string,
  method: string,
  params: readonly unknown[],
  wallet?: string,
): Promise<Answer> {
  const url = new URL(rpcUrl);
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString("base64")}`;
  url.username = "";
  url.password = "";
  if (wallet !== undefined) url.pathname = `/wallet/${wallet}`;
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "1.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as {
    result: Answer;
    error: { code: number; message: string } | null;
  };
  if (answer.error !== null)
    throw new Error(`${method}: ${answer.error.message} (${String(answer.error.code)})`);
  return answer.result;
}

const minerWallet = "miner";

/** A bitcoind on regtest whose chain lies in `dir`, with a miner's wallet that is rich from the start. */
export async function startBitcoind(
  dir: string,
  options: { readonly preferredPort?: number; readonly say?: (line: string) => void } = {},
): Promise<RegtestNode> {
  const bitcoind = await ensureBitcoind(options.say);
  const folder = privateFolder(dir, "bitcoind");
  const credentials = path.join(dir, "bitcoind.password");
  if (!existsSync(credentials))
    writeFileSync(credentials, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const password = readFileSync(credentials, "utf8").trim();
  const pidFile = path.join(folder, "bitcoind.pid");
  await stopLeftOver(pidFile);
  const taken = new Set<number>();
  const next = async (preferred: number): Promise<number> => {
    const port = await portFrom(preferred, taken);
    taken.add(port);
    return port;
  };
  const preferred = options.preferredPort ?? 18500;
  const [rpcPort, p2pPort, zmqPort] = [
    await next(preferred),
    await next(preferred + 1),
    await next(preferred + 2),
  ];
  const running = await startProcess({
    name: "bitcoind",
    guardedBy: "SIGTERM",
    command: bitcoind.command,
    args: [
      ...bitcoind.prefix,
      ...[
        "-regtest",
        `-datadir=${folder}`,
        `-pid=${pidFile}`,
        "-server=1",
        "-txindex=1",
        "-listen=0",
      ],
      ...[
        `-rpcport=${String(rpcPort)}`,
        "-rpcbind=127.0.0.1",
        "-rpcallowip=127.0.0.1",
        `-port=${String(p2pPort)}`,
      ],
      ...["-rpcuser=satsconnect", `-rpcpassword=${password}`, "-rpcworkqueue=256", "-rpcthreads=8"],
      ...[
        "-fallbackfee=0.00001",
        "-addresstype=bech32",
        "-changetype=bech32",
        "-dnsseed=0",
        "-discover=0",
      ],
      ...[
        `-zmqpubrawblock=tcp://127.0.0.1:${String(zmqPort)}`,
        `-zmqpubhashblock=tcp://127.0.0.1:${String(zmqPort)}`,
      ],
      ...["-dbcache=64", "-maxmempool=50", "-printtoconsole=1", "-debug=0"],
    ],
    logFile: path.join(dir, "bitcoind.log"),
    readyWhen: (line) => line.includes("Done loading"),
    readyTimeoutMs: 90_000,
  });
  const rpcUrl = `http://satsconnect:${password}@127.0.0.1:${String(rpcPort)}`;
  const call = <Answer>(
    method: string,
    params: readonly unknown[] = [],
    wallet?: string,
  ): Promise<Answer> => rpc<Answer>(rpcUrl, method, params, wallet);
  await waitFor("bitcoind's RPC", async () => (await call<number>("getblockcount")) >= 0);
  const loaded = await call<readonly string[]>("listwallets");
  if (!loaded.includes(minerWallet)) {
    const known = await call<{ wallets: readonly { name: string }[] }>("listwalletdir");
    if (known.wallets.some((wallet) => wallet.name === minerWallet))
      await call("loadwallet", [minerWallet, true]);
    else await call("createwallet", [minerWallet, false, false, "", false, true, true]);
  }
  const mine = async (blocks: number, address?: string): Promise<void> => {
    const to = address ?? (await call<string>("getnewaddress", ["", "bech32"], minerWallet));
    await call("generatetoaddress", [blocks, to]);
  };
  // Coinbases can be spent after 100 blocks; a node whose clock says that the tip is old calls itself unsynced.
  if ((await call<number>("getblockcount")) < 110) await mine(110);
  else await mine(1);
  return {
    rpcUrl,
    zmqUrl: `tcp://127.0.0.1:${String(zmqPort)}`,
    process: running,
    call,
    mine,
    stop: async () => {
      await call("stop").catch(() => undefined);
      await running.stop("SIGTERM", 30_000);
    },
  };
}

/** A bitcoind whose parent was killed still holds its data folder: stop it in order. */
async function stopLeftOver(pidFile: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, "utf8"));
    process.kill(pid, 0);
    if (!readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes("bitcoind")) return;
  } catch {
    return;
  }
  process.kill(pid, "SIGTERM");
  await waitFor(
    "the end of the bitcoind that was left running",
    async () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    },
    30_000,
  );
}
