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
 * What can be known of the apps for phones without a phone: both are bundled, both native projects are generated with
 * pins, and what they ask of the system is read: permissions (with those of every library), backups, cleartext, pins.
 * The projects are made in a copy below `.cache`, which goes again.
 */
const app = fileURLToPath(new URL("../", import.meta.url));
const root = path.join(app, "..", "..");
const copy = path.join(root, ".cache", "native", "app");

/** Camera, biometrics, network; and what the library that refuses screenshots registers (granted without a question). */
const wanted = new Set(
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
    // with the Node.js that this runs on: it reads TypeScript
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

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Does not hold: ${what}`);
  process.stdout.write(`  ${what}\n`);
}

const read = (file: string): string => readFileSync(path.join(copy, file), "utf8");

/** Permissions that libraries bring, which Gradle merges into the app's. */
function ofLibraries(): readonly string[] {
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

function lookAtAndroid(): void {
  const manifest = read("android/app/src/main/AndroidManifest.xml");
  const removed = new Set(permissionsIn(manifest, true));
  const asked = [...permissionsIn(manifest), ...ofLibraries()].filter((name) => !removed.has(name));
  const extra = [...new Set(asked)].filter((name) => !wanted.has(name));
  must(extra.length === 0, `android: no permission but what is wanted ${extra.join(" ")}`);
  for (const attribute of [
    'android:allowBackup="false"',
    'android:fullBackupContent="false"',
    'android:dataExtractionRules="@xml/data_extraction_rules"',
    'android:networkSecurityConfig="@xml/network_security_config"',
    'android:usesCleartextTraffic="false"',
  ])
    must(manifest.includes(attribute), `android: ${attribute}`);
  const network = read("android/app/src/main/res/xml/network_security_config.xml");
  must(
    pins.keys.every((key) => network.includes(`<pin digest="SHA-256">${key}</pin>`)),
    "android: the operator's keys are pinned",
  );
  const rules = read("android/app/src/main/res/xml/data_extraction_rules.xml");
  must(
    rules.split('<exclude domain="database" path="." />').length === 3,
    "android: nothing goes into a cloud backup or to another phone",
  );
}

function lookAtIos(): void {
  const info = read("ios/SatsConnect/Info.plist");
  must(info.includes("NSPinnedDomains") && info.includes(pins.keys[0] ?? ""), "ios: pins");
  const uses = [...info.matchAll(/<key>(NS\w+UsageDescription)<\/key>/gu)].map(([, name]) => name);
  must(
    new Set(uses).size === 2 &&
      uses.includes("NSCameraUsageDescription") &&
      uses.includes("NSFaceIDUsageDescription"),
    "ios: asks for the camera and the face, and nothing else",
  );
  must(
    read("ios/SatsConnect/AppDelegate.swift").includes("isExcludedFromBackup = true"),
    "ios: the wallet's folders are left out of backups",
  );
}

function lookAtBundle(platform: "android" | "ios"): void {
  const folder = path.join(copy, "..", platform);
  expo(app, "export", "--platform", platform, "--output-dir", folder);
  const scripts = readdirSync(folder, { recursive: true, encoding: "utf8" });
  must(
    scripts.some((name) => name.endsWith(".hbc")),
    `${platform}: bundled`,
  );
  const assets = path.join(folder, "assets");
  const pages = readdirSync(assets)
    .map((name) => readFileSync(path.join(assets, name)))
    .filter((content) => content.subarray(0, 15).toString() === "<!doctype html>");
  must(pages.length === 2, `${platform}: has the node's page and the one that stretches PINs`);
}

rmSync(path.join(copy, ".."), { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
try {
  writeFileSync(path.join(copy, "..", "pins.json"), JSON.stringify(pins));
  const left = new Set(["node_modules", "dist", "android", "ios", ".expo"]);
  cpSync(app, copy, { recursive: true, filter: (from) => !left.has(path.basename(from)) });
  await bundleNativePages(path.join(app, "assets", "home"));
  expo(copy, "prebuild", "--platform", "android", "--no-install");
  lookAtAndroid();
  expo(copy, "prebuild", "--platform", "ios", "--no-install");
  lookAtIos();
  for (const platform of ["android", "ios"] as const) lookAtBundle(platform);
} finally {
  rmSync(path.join(copy, ".."), { recursive: true, force: true });
}
