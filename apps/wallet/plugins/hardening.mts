import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  withAndroidManifest,
  withAppDelegate,
  withDangerousMod,
  withInfoPlist,
} from "expo/config-plugins.js";
import type { ConfigPlugin } from "expo/config-plugins.js";
import { androidNetworkSecurity, iosTransportSecurity } from "./network-security.mts";
import type { Pins } from "./network-security.mts";

/** Android 12's data extraction rules: exclude the app's data from cloud backups and device transfers. */
const excludeEverything = ["root", "file", "database", "sharedpref", "external"]
  .map((domain) => `    <exclude domain="${domain}" path="." />`)
  .join("\n");
const extractionRules = `<?xml version="1.0" encoding="utf-8"?>
<data-extraction-rules>
  <cloud-backup>
${excludeEverything}
  </cloud-backup>
  <device-transfer>
${excludeEverything}
  </device-transfer>
</data-extraction-rules>
`;

/** Excludes the app's folders from iOS backups. The flag is set at each start, because it is lost with the folder. */
const excludeFromBackup = `
    // An outdated channel state is dangerous to restore. The wallet has a backup of its own.
    for directory in [FileManager.SearchPathDirectory.documentDirectory, .applicationSupportDirectory] {
      if var url = FileManager.default.urls(for: directory, in: .userDomainMask).first {
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? url.setResourceValues(values)
      }
    }
`;
const launch = /(didFinishLaunchingWithOptions[\s\S]*?\) -> Bool \{\n)/u;

const withAndroid: ConfigPlugin<Pins | null> = (config, pins) => {
  const withFiles = withDangerousMod(config, [
    "android",
    (mod) => {
      const folder = path.join(mod.modRequest.platformProjectRoot, "app/src/main/res/xml");
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, "network_security_config.xml"), androidNetworkSecurity(pins));
      writeFileSync(path.join(folder, "data_extraction_rules.xml"), extractionRules);
      return mod;
    },
  ]);
  return withAndroidManifest(withFiles, (mod) => {
    const [application] = mod.modResults.manifest.application ?? [];
    if (application === undefined)
      throw new Error("The Android manifest has no application element");
    Object.assign(application.$, {
      "android:allowBackup": "false",
      "android:fullBackupContent": "false",
      "android:dataExtractionRules": "@xml/data_extraction_rules",
      "android:networkSecurityConfig": "@xml/network_security_config",
      "android:usesCleartextTraffic": "false",
    });
    return mod;
  });
};

const withIos: ConfigPlugin<Pins | null> = (config, pins) => {
  const withTransport = withInfoPlist(config, (mod) => {
    mod.modResults["NSAppTransportSecurity"] = iosTransportSecurity(pins);
    return mod;
  });
  return withAppDelegate(withTransport, (mod) => {
    const { contents } = mod.modResults;
    if (!launch.test(contents))
      throw new Error("AppDelegate has no didFinishLaunchingWithOptions to extend");
    mod.modResults.contents = contents.replace(launch, (start) => start + excludeFromBackup);
    return mod;
  });
};

/** Hardens both native projects: no system backups, no cleartext traffic, and the operator's keys pinned. */
export const withHardening: ConfigPlugin<Pins | null> = (config, pins) =>
  withIos(withAndroid(config, pins), pins);
