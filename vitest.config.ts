import { defineConfig } from "vitest/config";

const unit = [
  "bench/**/*.test.ts",
  "packages/**/src/**/*.test.ts",
  "apps/*/{src,plugins}/**/*.test.ts",
  "scripts/**/*.test.ts",
];
const integration = [
  "**/src/**/*.integration.test.ts",
  "scripts/**/*.integration.test.ts",
  "tests/**/*.test.ts",
];
const never = ["**/node_modules/**", "**/dist/**", "**/.cache/**", "**/.satsconnect/**"];
const setupFiles = ["scripts/support/vitest-seed.ts"];

// Two cores is the machine to be fast on: more workers than that only wait for each other.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: unit,
          exclude: [...never, "**/*.integration.test.ts"],
          setupFiles,
          testTimeout: 60_000,
        },
      },
      {
        // Components of the app as the web has them, without a browser.
        resolve: {
          alias: { "react-native": "react-native-web" },
          mainFields: ["browser", "module", "main"],
          extensions: [".web.tsx", ".web.ts", ".web.js", ".tsx", ".ts", ".js", ".json"],
        },
        test: {
          name: "components",
          include: ["apps/wallet/src/**/*.test.tsx"],
          exclude: never,
          environment: "happy-dom",
          // They import `react-native`, which here is another one.
          server: { deps: { inline: [/react-native-/u] } },
          setupFiles,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: integration,
          exclude: never,
          setupFiles,
          // One Postgres and one Redis for all; every file makes a database of its own in it.
          globalSetup: ["scripts/support/vitest-services.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
