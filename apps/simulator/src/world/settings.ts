import { z } from "zod";
import type { Database } from "../store/database.ts";
import { text } from "../store/rows.ts";

const milliseconds = z.int().min(0).max(3_600_000);

/** How the simulator behaves without faults. Stored in the database; changed through the control API. */
const settingsSchema = z.strictObject({
  /** Delay from an accepted STK push to the prompt on the phone. */
  promptDelayMs: milliseconds,
  /** Time a prompt waits for the PIN before result 1037 (community: about a minute; observed: 26 s). */
  promptLifetimeMs: milliseconds,
  /** Delay from the end of an STK push to its callback. */
  callbackDelayMs: milliseconds,
  /** Delay from an accepted payout to the payment and its result. */
  payoutDelayMs: milliseconds,
  /** Delay from an accepted status, balance or reversal request to its result. */
  inquiryDelayMs: milliseconds,
  /** Delay of the simulated customer's answer under faults such as `success` or `cancelled`. */
  answerDelayMs: milliseconds,
  /** Percentage of STK queries for an open push answered 500.001.1001 instead of 4999 (observed: a fifth). */
  queryBusyPercent: z.int().min(0).max(100),
  /** Window for result 17: same amount from the same customer after a success (documented: 2 minutes). */
  repeatWindowMs: milliseconds,
  /** Whether a new token invalidates the consumer key's previous one (documented). */
  invalidateTokensOnReissue: z.boolean(),
  /** `expires_in`, which is also the token's actual lifetime (documented: 3599). */
  tokenLifetimeSeconds: z.int().min(1).max(86_400),
  /** Older gateways send `expires_in` as text (community). */
  expiresInAsText: z.boolean(),
  /** Maximum attempts until a callback is answered 2xx (observed: one, whatever the answer). */
  callbackAttempts: z.int().min(1).max(10),
  callbackRetryDelayMs: milliseconds,
  /** Requests per second and consumer key before 500.003.02; 0 disables the limit (no published figure). */
  requestsPerSecond: z.int().min(0).max(100_000),
  /** Whether callback URLs with M-Pesa's forbidden words are refused (documented for C2B, seen for M-Pesa Express). */
  refuseCallbackWords: z.boolean(),
});

export type Settings = z.infer<typeof settingsSchema>;

const defaultSettings: Settings = {
  promptDelayMs: 700,
  promptLifetimeMs: 60_000,
  callbackDelayMs: 300,
  payoutDelayMs: 1_500,
  inquiryDelayMs: 800,
  answerDelayMs: 800,
  queryBusyPercent: 20,
  repeatWindowMs: 120_000,
  invalidateTokensOnReissue: true,
  tokenLifetimeSeconds: 3_599,
  expiresInAsText: false,
  callbackAttempts: 1,
  callbackRetryDelayMs: 5_000,
  requestsPerSecond: 0,
  refuseCallbackWords: true,
};

const settingName = "settings";

export function readSettings(database: Database): Settings {
  const row = database.get("SELECT value FROM setting WHERE name = ?", settingName);
  if (row === undefined) return defaultSettings;
  const stored: unknown = JSON.parse(text(row, "value"));
  const known = settingsSchema.partial().strip().parse(stored);
  return { ...defaultSettings, ...withoutUndefined(known) };
}

/** Changes only the given settings. */
export function changeSettings(database: Database, change: SettingsChange): Settings {
  const settings = { ...readSettings(database), ...withoutUndefined(change) };
  writeValue(database, settingName, JSON.stringify(settings));
  return settings;
}

export const settingsChangeSchema = settingsSchema.partial();
export type SettingsChange = z.infer<typeof settingsChangeSchema>;

export function readValue(database: Database, name: string): string | undefined {
  const row = database.get("SELECT value FROM setting WHERE name = ?", name);
  return row === undefined ? undefined : text(row, "value");
}

export function writeValue(database: Database, name: string, value: string): void {
  database.run(
    "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    name,
    value,
  );
}

function withoutUndefined(change: SettingsChange): Partial<Settings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
