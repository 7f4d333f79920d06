import type { ExpoConfig } from "expo/config";
import { readBuildConfiguration } from "./plugins/build-configuration.mts";
import { withHardening } from "./plugins/hardening.mts";
import { readPins } from "./plugins/network-security.mts";

const faceId = "Opens your wallet together with your PIN.";
const camera = "Scans payment codes. Pictures never leave the phone.";

const build = readBuildConfiguration(process.env);

const config: ExpoConfig = {
  name: "SatsConnect",
  slug: "satsconnect",
  scheme: "satsconnect",
  version: "0.1.0",
  orientation: "portrait",
  userInterfaceStyle: "automatic",
  icon: "./assets/icon.png",
  platforms: ["web", "android", "ios"],
  web: { bundler: "metro", output: "single" },
  extra: {
    apiUrl: build.SATSCONNECT_API_URL ?? null,
    esploraUrls: build.SATSCONNECT_ESPLORA_URLS,
    watchtower: build.SATSCONNECT_WATCHTOWER ?? null,
  },
  plugins: [
    [
      "expo-camera",
      { cameraPermission: camera, recordAudioAndroid: false, microphonePermission: false },
    ],
    ["expo-secure-store", { faceIDPermission: faceId, configureAndroidBackup: false }],
    "expo-sqlite",
    "expo-font",
  ],
  android: {
    package: "ke.satsconnect.wallet",
    allowBackup: false,
    permissions: [
      "android.permission.CAMERA",
      "android.permission.USE_BIOMETRIC",
      "android.permission.INTERNET",
      "android.permission.ACCESS_NETWORK_STATE",
    ],
    blockedPermissions: [
      "android.permission.SYSTEM_ALERT_WINDOW",
      "android.permission.READ_EXTERNAL_STORAGE",
      "android.permission.WRITE_EXTERNAL_STORAGE",
      "android.permission.RECORD_AUDIO",
      "android.permission.USE_FINGERPRINT",
      "android.permission.VIBRATE",
      "android.permission.READ_MEDIA_IMAGES",
    ],
  },
  ios: { bundleIdentifier: "ke.satsconnect.wallet", supportsTablet: false },
};

export default withHardening(config, readPins(build.SATSCONNECT_PINS));
