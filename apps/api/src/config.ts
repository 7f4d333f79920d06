import { readFileSync } from "node:fs";
import { z } from "zod";

const httpUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/$/, ""));
const file = z.string().min(1);
const listenAddress = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[^:]+):\d{1,5}$/, { error: "must be host:port" })
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return {
      host: text.slice(0, colon).replaceAll(/[[\]]/g, ""),
      port: Number(text.slice(colon + 1)),
    };
  });
const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, { error: "must be a whole number" })
  .transform(Number);

const environmentSchema = z
  .object({
    NETWORK: z.enum(["regtest", "signet", "testnet", "bitcoin"]).default("regtest"),
    DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, { error: "must be a postgres:// URL" }),
    REDIS_URL: z.string().regex(/^rediss?:\/\//, { error: "must be a redis:// URL" }),
    HTTP_LISTEN: listenAddress,
    PUBLIC_URL: httpUrl,
    CORS_ORIGINS: z
      .string()
      .default("")
      .transform((text) =>
        text.split(",").flatMap((origin) => (origin.trim() === "" ? [] : [origin.trim()])),
      ),
    TRUSTED_PROXIES: wholeNumber.default(0),
    RATE_LIMIT_FACTOR: wholeNumber.default(1),
    LOG_LEVEL: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .default("info"),
    ENGINE_GRPC_ADDRESS: z.string().regex(/^.+:\d{1,5}$/, { error: "must be host:port" }),
    ENGINE_TLS_CA: file,
    ENGINE_TLS_CERT: file,
    ENGINE_TLS_KEY: file,
    DARAJA_BASE_URL: httpUrl,
    DARAJA_CONSUMER_KEY: z.string().min(1),
    DARAJA_CONSUMER_SECRET: z.string().min(1),
    DARAJA_SHORTCODE: z.string().regex(/^\d{5,7}$/),
    DARAJA_PASSKEY: z.string().min(1),
    DARAJA_B2C_SHORTCODE: z.string().regex(/^\d{5,7}$/),
    DARAJA_INITIATOR_NAME: z.string().min(1),
    DARAJA_INITIATOR_PASSWORD: z.string().min(1),
    DARAJA_CERTIFICATE_FILE: file,
    RATES_COINBASE_URL: httpUrl,
    RATES_YADIO_URL: httpUrl,
    RATES_KRAKEN_URL: httpUrl,
    RATES_BITSTAMP_URL: httpUrl.optional(),
    RATES_FX_URL: httpUrl,
    TOKEN_KEYS_FILE: file,
    CALLBACK_SECRET_FILE: file,
    SUPPORT_PHONE: z
      .string()
      .regex(/^\+\d{8,15}$/, { error: "must be like +254700000000" })
      .optional(),
    SUPPORT_EMAIL: z.email().optional(),
  })
  // Where the money is real, whoever is afraid for it must find a person.
  .refine(
    ({ NETWORK, SUPPORT_PHONE, SUPPORT_EMAIL }) =>
      NETWORK !== "bitcoin" || SUPPORT_PHONE !== undefined || SUPPORT_EMAIL !== undefined,
    { path: ["SUPPORT_PHONE"], error: "or SUPPORT_EMAIL must be set on mainnet" },
  );

export type Configuration = z.infer<typeof environmentSchema>;

/** @throws ConfigurationError naming every variable that is missing or wrong, never its value. */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const name = issue.path.join(".");
      return environment[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
    }),
  );
}

export class ConfigurationError extends Error {
  constructor(complaints: readonly string[]) {
    super(
      `The configuration is not complete:\n${complaints.map((complaint) => `  ${complaint}`).join("\n")}`,
    );
    this.name = "ConfigurationError";
  }
}

/** Reads a file that the configuration names. @throws ConfigurationError */
export function readConfiguredFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new ConfigurationError([`${name} names a file that cannot be read (${reason})`]);
  }
}

/** The secret part of the addresses that M-Pesa calls back: 32 bytes as hex. @throws ConfigurationError */
export function readCallbackSecret(path: string): Buffer {
  const text = readConfiguredFile("CALLBACK_SECRET_FILE", path).toString("utf8").trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new ConfigurationError(["CALLBACK_SECRET_FILE must hold 32 bytes as 64 hex digits"]);
  }
  return Buffer.from(text, "hex");
}
