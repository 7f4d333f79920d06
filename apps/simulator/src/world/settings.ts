import { z } from "zod";
import type { Database } from "../store/database.ts";
import { text } from "../store/rows.ts";

const milliseconds = z.int().min(0).max(3_600_000);

/** How the outside world behaves when no fault is switched on. Kept in the state; changed through the control API. */
const settingsSchema = z.strictObject({
  /** From an accepted STK push to the prompt on the phone. */
  promptDelayMs: milliseconds,
  /** How long a prompt waits for the PIN before 1037 (community: about a minute; observed: 26 s). */
  promptLifetimeMs: milliseconds,
  /** From the end of an STK push to its callback. */
  callbackDelayMs: milliseconds,
  /** From an accepted payout to the money on the phone and the result. */
  payoutDelayMs: milliseconds,
  /** From an accepted status, balance or reversal request to its result. */
  inquiryDelayMs: milliseconds,
  /** How long a customer of a fault such as `success` or `cancelled` takes to press the key. */
  answerDelayMs: milliseconds,
  /** Of a hundred STK queries for an open push, how many get 500.001.1001 instead of 4999 (observed: a fifth). */
  queryBusyPercent: z.int().min(0).max(100),
  /** Result 17 for the same amount from the same customer within this time of a success (documented: 2 minutes). */
  repeatWindowMs: milliseconds,
  /** Whether a new token ends the one before it, per consumer key (documented). */
  invalidateTokensOnReissue: z.boolean(),
  /** `expires_in` and how long a token really lives (documented: 3599). */
  tokenLifetimeSeconds: z.int().min(1).max(86_400),
  /** Older gateways send `expires_in` as text (community). */
  expiresInAsText: z.boolean(),
  /** How often a callback is tried until it is answered 2xx (observed: once, whatever the answer). */
  callbackAttempts: z.int().min(1).max(10),
  callbackRetryDelayMs: milliseconds,
  /** Requests a second and consumer key before 500.003.02; 0 switches the limit off (no published figure). */
  requestsPerSecond: z.int().min(0).max(100_000),
  /** Refuse callback URLs with M-Pesa's forbidden words (documented for C2B, seen for M-Pesa Express). */
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

const storedAs = "settings";

export function readSettings(database: Database): Settings {
  const row = database.get("SELECT value FROM setting WHERE name = ?", storedAs);
  if (row === undefined) return defaultSettings;
  const stored: unknown = JSON.parse(text(row, "value"));
  const known = settingsSchema.partial().strip().parse(stored);
  return { ...defaultSettings, ...withoutUndefined(known) };
}

/** ChangeNotifier some settings and leaves the rest. */
export function changeSettings(database: Database, change: SettingsChange): Settings {
  const settings = { ...readSettings(database), ...withoutUndefined(change) };
  writeValue(database, storedAs, JSON.stringify(settings));
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
