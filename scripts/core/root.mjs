// The Debian root in which the core's WASM is built. Debian's packages pin the tools. The root is created once, in the
// repository's cache. Requires `debootstrap`, and either root privileges or user namespaces.
//   CORE_CACHE     cache folder instead of .cache/core
//   CORE_ROOT      an existing root to use
//   DEBIAN_MIRROR  mirror instead of debootstrap's default
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { crates, root } from "./support.mjs";

const suite = "trixie";
/** The build tools. Their versions are recorded in build.json and compared by core:verify. */
const tools = ["rustc", "cargo", "libstd-rust-dev-wasm32", "clang-19", "lld-19", "llvm-19"];
const packages = [...tools, "ca-certificates"];

/** @param {string} message @returns {never} */
export function fail(message) {
  console.error(`wasm: FAILED: ${message}`);
  process.exit(1);
}

const asRoot = process.getuid?.() === 0 ? [] : ["unshare", "--map-auto", "--map-root-user"];

/** @param {string[]} command @param {import("node:child_process").SpawnSyncOptions} [options] */
function run(command, options = {}) {
  const [program, ...rest] = [...asRoot, ...command];
  const { status, error } = spawnSync(program, rest, { stdio: "inherit", ...options });
  if (error !== undefined || status !== 0) {
    fail(`${command.join(" ")}: ${error?.message ?? `exited with status ${status}`}`);
  }
}

/** Creates the root if it does not exist. @returns {string} its folder */
export function buildRoot() {
  if (process.platform !== "linux") {
    fail(
      "the core's WASM can only be built on Linux; everything else works with the committed WASM",
    );
  }
  const configuredRoot = process.env["CORE_ROOT"];
  if (configuredRoot !== undefined) {
    return existsSync(join(configuredRoot, "usr/bin/rustc"))
      ? configuredRoot
      : fail(`CORE_ROOT=${configuredRoot} does not contain usr/bin/rustc`);
  }
  const cache = process.env["CORE_CACHE"] ?? join(root, ".cache/core");
  const folder = join(cache, suite);
  if (existsSync(join(folder, "usr/bin/rustc"))) {
    return folder;
  }
  if (spawnSync("debootstrap", ["--version"]).status !== 0) {
    fail("debootstrap not found; run apt-get install debootstrap");
  }
  mkdirSync(cache, { recursive: true });
  const draft = join(cache, `${suite}.tmp`);
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

/** The installed versions of the build tools. @param {string} folder @returns {Record<string, string>} */
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
 * Builds the WASM in the root. `fresh` deletes earlier build results first.
 * @param {string} folder @param {string} profile a cargo profile @param {{fresh: boolean}} options
 * @returns {string} the path of the WASM
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
  // the host's DNS configuration and trusted certificates, for cargo's downloads
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
