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
const excluded = ["**/node_modules/**", "**/dist/**", "**/.cache/**", "**/.satsconnect/**"];
const setupFiles = ["scripts/support/vitest-seed.ts"];

// Tuned for two cores: more workers would only wait for each other.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: unit,
          exclude: [...excluded, "**/*.integration.test.ts", "apps/console/**"],
          setupFiles,
          testTimeout: 60_000,
        },
      },
      {
        // The app's components in their web variants, and the operator's page, without a browser.
        resolve: {
          alias: { "react-native": "react-native-web" },
          mainFields: ["browser", "module", "main"],
          extensions: [".web.tsx", ".web.ts", ".web.js", ".tsx", ".ts", ".js", ".json"],
        },
        test: {
          name: "components",
          include: ["apps/wallet/src/**/*.test.tsx", "apps/console/src/**/*.test.ts"],
          exclude: excluded,
          environment: "happy-dom",
          // Inlined, so that the alias applies to their imports of `react-native`.
          server: { deps: { inline: [/react-native-/u] } },
          setupFiles,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: integration,
          exclude: excluded,
          setupFiles,
          // One Postgres and one Redis for all; each test file creates its own database.
          globalSetup: ["scripts/support/vitest-services.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
