import { readFileSync } from "node:fs";
import { kes } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import { z } from "zod";
import { orderLimits } from "./domain/order-limits.ts";
import type { OperatorSettings } from "./domain/operator-settings.ts";
import { operatorDefaults } from "./domain/policy.ts";

// Defaults are in the text form of the environment, because the documentation is generated from this schema.

const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" })
  .transform((text) => text.replace(/\/$/, ""));
const text = z.string().min(1, { error: "must not be empty" });
const file = z.string().min(1, { error: "must be the path of a file" });
const shortcode = z.string().regex(/^\d{5,7}$/, { error: "must be a shortcode of 5 to 7 digits" });
const listenAddress = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[^:]+):\d{1,5}$/, { error: "must be host:port" })
  .transform((address) => {
    const colon = address.lastIndexOf(":");
    return {
      host: address.slice(0, colon).replaceAll(/[[\]]/g, ""),
      port: Number(address.slice(colon + 1)),
    };
  });
const digits = z.string().regex(/^\d{1,9}$/, { error: "must be a whole number" });

type Bounds = { readonly min: number; readonly max: number };

function isWithin({ min, max }: Bounds) {
  return [
    (value: number) => value >= min && value <= max,
    { error: `must be from ${min} to ${max}` },
  ] as const;
}

function numberSetting(bounds: Bounds & { readonly default: number }) {
  return digits
    .default(String(bounds.default))
    .transform(Number)
    .refine(...isWithin(bounds));
}

const maxFactor = 999_999_999;
const wholeKes = digits
  .transform(Number)
  .refine(...isWithin({ min: 1, max: 100_000_000 }))
  .optional();

const secret = (description: string) => ({ description, isSecret: true });
const path = (description: string) => ({ description, isFile: true });
const secretPath = (description: string) => ({ description, isFile: true, isSecret: true });

/**
 * Every environment variable of the api. `docs/operating.md` and the example file are generated from this. Besides
 * `description`, a variable's metadata has `isSecret` if its value (or its file's content) is secret, and `isFile` if it
 * is the path of a file.
 */
export const configurationSchema = z
  .object({
    NETWORK: z
      .enum(["regtest", "signet", "testnet", "bitcoin"])
      .default("regtest")
      .describe("The Bitcoin network; the same as the engine's. `bitcoin` is mainnet."),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: "must be a postgres:// URL" })
      .meta(
        secret("The api's Postgres database. Its migrations run at start. Contains the password."),
      ),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\//, { error: "must be a redis:// URL" })
      .meta(
        secret(
          "Redis, for jobs and shared rate limits. Orders continue without it. May contain a password.",
        ),
      ),
    HTTP_LISTEN: listenAddress.describe(
      "Where the REST API, M-Pesa's callbacks, `/metrics` and `/docs` are served, `host:port`.",
    ),
    PUBLIC_URL: httpUrl.describe(
      "The URL under which phones and M-Pesa reach the api. Logins and access tokens are bound to its origin, so access " +
        "tokens issued before a change stop working.",
    ),
    CORS_ORIGINS: z
      .string()
      .default("")
      .transform((list) =>
        list.split(",").flatMap((origin) => (origin.trim() === "" ? [] : [origin.trim()])),
      )
      .describe("Origins of web wallets that may call the api, separated by commas."),
    TRUSTED_PROXIES: numberSetting({ default: 0, min: 0, max: 100 }).describe(
      "Number of proxies in front of the api whose `X-Forwarded-For` is trusted. Rate limits use the resulting address.",
    ),
    RATE_LIMIT_FACTOR: numberSetting({ default: 1, min: 1, max: maxFactor }).describe(
      "Multiplies every rate limit. Raise it for load tests only.",
    ),
    LOG_LEVEL: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .default("info")
      .describe("The least severe log level that is written."),

    SPREAD_PARTS_PER_MILLION: numberSetting(operatorDefaults.spreadPartsPerMillion).describe(
      "The operator's margin on the median price, in parts per million: 15000 is 1.5 %. Applies to new quotes.",
    ),
    BUY_QUOTE_LIFETIME_SECONDS: numberSetting(operatorDefaults.buyQuoteLifetimeSeconds).describe(
      "How long a quote for a buy is valid, in seconds.",
    ),
    SELL_QUOTE_LIFETIME_SECONDS: numberSetting(operatorDefaults.sellQuoteLifetimeSeconds).describe(
      "How long a quote for a sell is valid, in seconds. Its invoice can be paid at least a minute after the order opens.",
    ),
    ORDER_MIN_KES: wholeKes.describe(
      "Smallest order in whole shillings. Without it, M-Pesa's own limit.",
    ),
    ORDER_MAX_KES: wholeKes.describe(
      "Largest order in whole shillings. Without it, M-Pesa's own limit.",
    ),
    ORDER_DAILY_MAX_KES: wholeKes.describe(
      "Limit of one wallet's buys, and separately of its sells, in a day in Nairobi, in whole shillings. Without it, " +
        "M-Pesa's own limit.",
    ),
    SUPPORT_PHONE: z
      .string()
      .regex(/^\+\d{8,15}$/, { error: "must be like +254700000000" })
      .optional()
      .describe(
        "Phone number that the app shows for help. Mainnet requires it or `SUPPORT_EMAIL`.",
      ),
    SUPPORT_EMAIL: z
      .email({ error: "must be an email address" })
      .optional()
      .describe(
        "Email address that the app shows for help. Mainnet requires it or `SUPPORT_PHONE`.",
      ),

    ENGINE_GRPC_ADDRESS: z
      .string()
      .regex(/^.+:\d{1,5}$/, { error: "must be host:port" })
      .describe("Address of the engine's gRPC, `host:port`."),
    ENGINE_TLS_CA: file.meta(
      path("Certificate of the private authority that issued the engine's certificate (PEM)."),
    ),
    ENGINE_TLS_CERT: file.meta(path("The api's client certificate for the engine (PEM).")),
    ENGINE_TLS_KEY: file.meta(secretPath("Private key of the api's client certificate (PEM).")),

    DARAJA_BASE_URL: httpUrl.describe("Base URL of Safaricom's Daraja API, sandbox or production."),
    DARAJA_CONSUMER_KEY: text.meta(secret("Consumer key of the Daraja app.")),
    DARAJA_CONSUMER_SECRET: text.meta(
      secret(
        "Consumer secret of the Daraja app. It also encrypts the cached access token in the database.",
      ),
    ),
    DARAJA_SHORTCODE: shortcode.describe("PayBill shortcode that STK pushes pay into."),
    DARAJA_PASSKEY: text.meta(secret("Passkey of `DARAJA_SHORTCODE` for M-Pesa Express.")),
    DARAJA_B2C_SHORTCODE: shortcode.describe(
      "Shortcode whose utility account makes the payouts (B2C). May be the same as `DARAJA_SHORTCODE`.",
    ),
    DARAJA_REQUESTS_PER_SECOND: numberSetting({ default: 50, min: 1, max: 1_000 }).describe(
      "Requests to Daraja per second and shortcode, of all api processes together. Safaricom agrees on it with the " +
        "operator; above it, requests are refused (spike arrest).",
    ),
    DARAJA_INITIATOR_NAME: text.describe("Name of the API operator that initiates payouts."),
    DARAJA_INITIATOR_PASSWORD: text.meta(secret("Password of that API operator.")),
    DARAJA_CERTIFICATE_FILE: file.meta(
      path("M-Pesa's certificate (PEM) that encrypts the initiator's password."),
    ),

    RATES_COINBASE_URL: httpUrl.describe("Base URL of Coinbase's price feed (BTC/KES)."),
    RATES_YADIO_URL: httpUrl.describe("Base URL of Yadio's price feed (BTC/KES)."),
    RATES_KRAKEN_URL: httpUrl.describe("Base URL of Kraken's price feed (BTC/USD)."),
    RATES_BITSTAMP_URL: httpUrl
      .optional()
      .describe("Base URL of Bitstamp's price feed (BTC/USD). Without it, one source fewer."),
    RATES_FX_URL: httpUrl.describe("Base URL of the exchange rate feed (USD/KES)."),

    TOKEN_KEYS_FILE: file.meta(
      secretPath(
        "JWK set with the Ed25519 keys that sign access tokens. Changes are picked up within ten seconds.",
      ),
    ),
    CALLBACK_SECRET_FILE: file.meta(
      secretPath(
        "Secret part of the URLs that M-Pesa calls back: 32 bytes as 64 hex digits. A new secret makes the api " +
          "ignore callbacks that are still outstanding.",
      ),
    ),
  })
  .refine(
    ({ NETWORK, SUPPORT_PHONE, SUPPORT_EMAIL }) =>
      NETWORK !== "bitcoin" || SUPPORT_PHONE !== undefined || SUPPORT_EMAIL !== undefined,
    { path: ["SUPPORT_PHONE"], error: "or SUPPORT_EMAIL must be set on mainnet" },
  );

export type Configuration = z.infer<typeof configurationSchema>;

/** @throws ConfigurationError that names every missing or invalid variable, never a value. */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const parsed = configurationSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const name = issue.path.join(".");
      return environment[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
    }),
  );
}

/** @throws ConfigurationError if no amount satisfies the operator's limits and M-Pesa's together. */
export function readOperatorSettings(configuration: Configuration, now: number): OperatorSettings {
  const settings: OperatorSettings = {
    spreadPartsPerMillion: BigInt(configuration.SPREAD_PARTS_PER_MILLION),
    quoteLifetimeMs: {
      buy: configuration.BUY_QUOTE_LIFETIME_SECONDS * 1_000,
      sell: configuration.SELL_QUOTE_LIFETIME_SECONDS * 1_000,
    },
    limits: {
      min: kesOrNull(configuration.ORDER_MIN_KES),
      max: kesOrNull(configuration.ORDER_MAX_KES),
      dailyMax: kesOrNull(configuration.ORDER_DAILY_MAX_KES),
    },
  };
  for (const kind of ["buy", "sell"] as const) {
    const { min, max, dailyMax } = orderLimits(kind, now, settings.limits);
    if (min > max || min > dailyMax) {
      throw new ConfigurationError([
        `ORDER_MIN_KES, ORDER_MAX_KES and ORDER_DAILY_MAX_KES leave no amount for a ${kind} between ` +
          `KES ${min / 100n} and KES ${(max < dailyMax ? max : dailyMax) / 100n}`,
      ]);
    }
  }
  return settings;
}

function kesOrNull(whole: number | undefined): Fiat<"KES"> | null {
  return whole === undefined ? null : kes(BigInt(whole));
}

export class ConfigurationError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is invalid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigurationError";
  }
}

/** Reads a file that the configuration names. @throws ConfigurationError */
export function readConfiguredFile(name: string, filePath: string): Buffer {
  try {
    return readFileSync(filePath);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new ConfigurationError([`${name} names a file that cannot be read (${reason})`]);
  }
}

/** Reads the secret of callback URLs: 32 bytes as hex. @throws ConfigurationError */
export function readCallbackSecret(filePath: string): Buffer {
  const content = readConfiguredFile("CALLBACK_SECRET_FILE", filePath).toString("utf8").trim();
  if (!/^[0-9a-f]{64}$/.test(content)) {
    throw new ConfigurationError(["CALLBACK_SECRET_FILE must hold 32 bytes as 64 hex digits"]);
  }
  return Buffer.from(content, "hex");
}
