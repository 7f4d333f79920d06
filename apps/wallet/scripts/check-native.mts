import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundleNativePages } from "./bundle-node.mts";

/*
 * Checks the native apps as far as that is possible without a phone: bundles both, generates both native projects with
 * pins, and checks their permissions (including those of libraries), backup rules, cleartext rules and pins. The
 * projects are generated in a copy below `.cache`, which is deleted afterwards.
 */
const app = fileURLToPath(new URL("../", import.meta.url));
const root = path.join(app, "..", "..");
const copy = path.join(root, ".cache", "native", "app");

/**
 * Camera, biometrics, network, and the permission that the library against screenshots registers (granted without a
 * prompt).
 */
const expectedPermissions = new Set(
  ["CAMERA", "USE_BIOMETRIC", "INTERNET", "ACCESS_NETWORK_STATE", "DETECT_SCREEN_CAPTURE"].map(
    (name) => `android.permission.${name}`,
  ),
);
const pins = {
  host: "api.satsconnect.example",
  keys: [`${"A".repeat(43)}=`, `${"B".repeat(43)}=`],
  until: "2030-01-01",
};

function expo(cwd: string, ...parameters: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(
    // run Expo with the current Node.js, which reads TypeScript
    process.execPath,
    [path.join(root, "node_modules", ".bin", "expo"), ...parameters],
    {
      cwd,
      encoding: "utf8",
      env: {
        ...process.env,
        NODE_ENV: "production",
        EXPO_OFFLINE: "1",
        EXPO_NO_TELEMETRY: "1",
        CI: "1",
        SATSCONNECT_API_URL: `https://${pins.host}`,
        SATSCONNECT_PINS: path.join(copy, "..", "pins.json"),
      },
    },
  );
  if (status !== 0) throw new Error(`expo ${parameters.join(" ")}:\n${stdout}\n${stderr}`);
}

function check(isMet: boolean, requirement: string): void {
  if (!isMet) throw new Error(`FAILED ${requirement}`);
  process.stdout.write(`  ok ${requirement}\n`);
}

const read = (file: string): string => readFileSync(path.join(copy, file), "utf8");

/** Permissions from libraries, which Gradle merges into the app's manifest. */
function libraryPermissions(): readonly string[] {
  const modules = path.join(root, "node_modules");
  return readdirSync(modules)
    .filter((name) => /^(?:expo|react-native)/u.test(name))
    .map((name) => path.join(modules, name, "android/src/main/AndroidManifest.xml"))
    .filter((file) => existsSync(file))
    .flatMap((file) => permissionsIn(readFileSync(file, "utf8")));
}

function permissionsIn(manifest: string, isRemoved = false): readonly string[] {
  return [...manifest.matchAll(/<uses-permission[^>]*android:name="([^"]+)"[^>]*>/gu)]
    .filter(([tag]) => tag.includes('tools:node="remove"') === isRemoved)
    .map(([, name = ""]) => name);
}

function checkAndroid(): void {
  const manifest = read("android/app/src/main/AndroidManifest.xml");
  const removed = new Set(permissionsIn(manifest, true));
  const requested = [...permissionsIn(manifest), ...libraryPermissions()].filter(
    (name) => !removed.has(name),
  );
  const extra = [...new Set(requested)].filter((name) => !expectedPermissions.has(name));
  check(extra.length === 0, `android: only the expected permissions ${extra.join(" ")}`);
  for (const attribute of [
    'android:allowBackup="false"',
    'android:fullBackupContent="false"',
    'android:dataExtractionRules="@xml/data_extraction_rules"',
    'android:networkSecurityConfig="@xml/network_security_config"',
    'android:usesCleartextTraffic="false"',
  ])
    check(manifest.includes(attribute), `android: ${attribute}`);
  const network = read("android/app/src/main/res/xml/network_security_config.xml");
  check(
    pins.keys.every((key) => network.includes(`<pin digest="SHA-256">${key}</pin>`)),
    "android: the operator's keys are pinned",
  );
  const rules = read("android/app/src/main/res/xml/data_extraction_rules.xml");
  check(
    rules.split('<exclude domain="database" path="." />').length === 3,
    "android: excluded from cloud backups and device transfers",
  );
}

function checkIos(): void {
  const info = read("ios/SatsConnect/Info.plist");
  check(
    info.includes("NSPinnedDomains") && info.includes(pins.keys[0] ?? ""),
    "ios: the operator's keys are pinned",
  );
  const uses = [...info.matchAll(/<key>(NS\w+UsageDescription)<\/key>/gu)].map(([, name]) => name);
  check(
    new Set(uses).size === 2 &&
      uses.includes("NSCameraUsageDescription") &&
      uses.includes("NSFaceIDUsageDescription"),
    "ios: asks for the camera and Face ID only",
  );
  check(
    read("ios/SatsConnect/AppDelegate.swift").includes("isExcludedFromBackup = true"),
    "ios: the wallet's folders are excluded from backups",
  );
}

function checkBundle(platform: "android" | "ios"): void {
  const folder = path.join(copy, "..", platform);
  expo(app, "export", "--platform", platform, "--output-dir", folder);
  const scripts = readdirSync(folder, { recursive: true, encoding: "utf8" });
  check(
    scripts.some((name) => name.endsWith(".hbc")),
    `${platform}: the app is bundled`,
  );
  const assets = path.join(folder, "assets");
  const pages = readdirSync(assets)
    .map((name) => readFileSync(path.join(assets, name)))
    .filter((content) => content.subarray(0, 15).toString() === "<!doctype html>");
  check(
    pages.length === 2,
    `${platform}: includes the node's page and the page that stretches PINs`,
  );
}

rmSync(path.join(copy, ".."), { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
try {
  writeFileSync(path.join(copy, "..", "pins.json"), JSON.stringify(pins));
  const excluded = new Set(["node_modules", "dist", "android", "ios", ".expo"]);
  cpSync(app, copy, { recursive: true, filter: (from) => !excluded.has(path.basename(from)) });
  await bundleNativePages(path.join(app, "assets", "node"));
  expo(copy, "prebuild", "--platform", "android", "--no-install");
  checkAndroid();
  expo(copy, "prebuild", "--platform", "ios", "--no-install");
  checkIos();
  for (const platform of ["android", "ios"] as const) checkBundle(platform);
} finally {
  rmSync(path.join(copy, ".."), { recursive: true, force: true });
}
