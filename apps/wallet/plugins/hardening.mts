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

/** Android 12's rules: nothing of the app goes into a cloud backup or to a new phone. */
const nothing = ["root", "file", "database", "sharedpref", "external"]
  .map((domain) => `    <exclude domain="${domain}" path="." />`)
  .join("\n");
const extractionRules = `<?xml version="1.0" encoding="utf-8"?>
<data-extraction-rules>
  <cloud-backup>
${nothing}
  </cloud-backup>
  <device-transfer>
${nothing}
  </device-transfer>
</data-extraction-rules>
`;

/** iOS takes a folder out of every backup when it is told to, at each start: the flag goes with the folder. */
const excludeFromBackup = `
    // A wallet's state of yesterday is worse than none: its own backup restores it.
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
    if (application === undefined) throw new Error("The manifest has no application");
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
    if (!launch.test(contents)) throw new Error("The app's delegate has no place for this");
    mod.modResults.contents = contents.replace(launch, (start) => start + excludeFromBackup);
    return mod;
  });
};

/** No backup by the system, nothing in clear, the operator's keys pinned: on both systems. */
export const withHardening: ConfigPlugin<Pins | null> = (config, pins) =>
  withIos(withAndroid(config, pins), pins);
