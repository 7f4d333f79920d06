// The Debian root that the core's WASM is built in. Debian's packages are the pinned tools; the root is made once, in the
// project's cache. Needs root's rights, or a Linux that lets users make namespaces, and `debootstrap`.
//   CORE_CACHE  another folder than .cache/core
//   CORE_ROOT   a root that exists already
//   DEBIAN_MIRROR  another mirror than debootstrap's own
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { crates, root } from "./support.mjs";

const suite = "trixie";
/** What compiles; their versions are recorded and compared. */
const tools = ["rustc", "cargo", "libstd-rust-dev-wasm32", "clang-19", "lld-19", "llvm-19"];
const packages = [...tools, "ca-certificates"];

/** @param {string} message @returns {never} */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

const asRoot = process.getuid?.() === 0 ? [] : ["unshare", "--map-auto", "--map-root-user"];

/** @param {string[]} command @param {import("node:child_process").SpawnSyncOptions} [options] */
function run(command, options = {}) {
  const [program, ...rest] = [...asRoot, ...command];
  const { status, error } = spawnSync(program, rest, { stdio: "inherit", ...options });
  if (error !== undefined || status !== 0) {
    fail(`${command.join(" ")}: ${error?.message ?? `ended with ${status}`}`);
  }
}

/** Makes the root, if it is not there. @returns {string} its folder */
export function buildRoot() {
  if (process.platform !== "linux") {
    fail(
      "The core's WASM is built on Linux (in Debian's own packages). Everything else works without building it.",
    );
  }
  const given = process.env["CORE_ROOT"];
  if (given !== undefined) {
    return existsSync(join(given, "usr/bin/rustc"))
      ? given
      : fail(`CORE_ROOT=${given} holds no rustc`);
  }
  const cache = process.env["CORE_CACHE"] ?? join(root, ".cache/core");
  const folder = join(cache, suite);
  if (existsSync(join(folder, "usr/bin/rustc"))) {
    return folder;
  }
  if (spawnSync("debootstrap", ["--version"]).status !== 0) {
    fail("debootstrap is missing: apt-get install debootstrap");
  }
  mkdirSync(cache, { recursive: true });
  const draft = join(cache, `${suite}.making`);
  run(["rm", "-rf", draft]);
  const mirror = process.env["DEBIAN_MIRROR"];
  run([
    "debootstrap",
    "--variant=minbase",
    `--include=${packages.join(",")}`,
    suite,
    draft,
    ...(mirror === undefined ? [] : [mirror]),
  ]);
  renameSync(draft, folder);
  return folder;
}

/** @param {string} folder @returns {Record<string, string>} */
export function toolVersions(folder) {
  const [program, ...rest] = [
    ...asRoot,
    "chroot",
    folder,
    "dpkg-query",
    "-W",
    "-f",
    "${Package} ${Version}\n",
    ...tools,
  ];
  const lines = execFileSync(program, rest, { encoding: "utf8" }).trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => line.split(" ")).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/**
 * Builds the WASM in the root.
 * @param {string} folder @param {string} profile a cargo profile @param {{fresh: boolean}} options
 * @returns {string} the WASM's path
 */
export function buildWasm(folder, profile, { fresh }) {
  const source = join(folder, "src");
  run(["mkdir", "-p", source]);
  run(["rm", "-rf", join(source, "crates"), ...(fresh ? [join(source, "target")] : [])]);
  cpSync(crates, join(source, "crates"), {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !relative(crates, path).split(sep).includes("target"),
  });
  cpSync(join(root, "scripts/core/build-wasm.sh"), join(source, "build-wasm.sh"));
  // the network as this machine sees it: its names and the certificates that it trusts
  const certificates = "/etc/ssl/certs/ca-certificates.crt";
  if (existsSync(certificates)) {
    cpSync(certificates, join(folder, certificates), { dereference: true });
  }
  cpSync("/etc/resolv.conf", join(folder, "etc/resolv.conf"), { dereference: true });
  const fetch = "cd /src/crates && exec cargo fetch --quiet --locked";
  const environment = {
    ...process.env,
    CARGO_HOME: "/src/cargo",
    HOME: "/tmp",
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  };
  run(["chroot", folder, "/bin/sh", "-c", fetch], { env: environment });
  run(["chroot", folder, "/bin/sh", "/src/build-wasm.sh", profile], { env: environment });
  const built = join(source, "target/wasm32-unknown-unknown", profile, "lightning_core_wasm.wasm");
  rmSync(join(source, "crates"), { recursive: true });
  return built;
}
