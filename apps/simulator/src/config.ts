import { z } from "zod";
import { settingsChangeSchema } from "./settings.ts";

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

const logLevel = z
  .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
  .default("info");

const settingsText = z
  .string()
  .default("{}")
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "must be a JSON object" });
      return z.NEVER;
    }
  })
  .pipe(settingsChangeSchema);

const simulatorSchema = z.object({
  HTTP_LISTEN: listenAddress,
  STATE_DIR: z.string().min(1),
  LOG_LEVEL: logLevel,
  DARAJA_CONSUMER_KEY: z.string().min(1),
  DARAJA_CONSUMER_SECRET: z.string().min(1),
  DARAJA_SHORTCODE: z.string().regex(/^\d{5,7}$/, { error: "must be 5 to 7 digits" }),
  DARAJA_B2C_SHORTCODE: z.string().regex(/^\d{5,7}$/, { error: "must be 5 to 7 digits" }),
  DARAJA_PASSKEY: z.string().min(1),
  DARAJA_INITIATOR_NAME: z.string().min(1),
  DARAJA_INITIATOR_PASSWORD: z.string().min(1),
  ORGANISATION_NAME: z.string().min(1).max(40).default("SATSCONNECT"),
  SIMULATOR_SETTINGS: settingsText,
});
export type SimulatorConfiguration = z.infer<typeof simulatorSchema>;

const merchantSchema = z.object({
  NETWORK: z.literal("regtest").default("regtest"),
  HTTP_LISTEN: listenAddress,
  LIGHTNING_TCP_LISTEN: listenAddress,
  STATE_DIR: z.string().min(1),
  SEED_FILE: z.string().min(1),
  ESPLORA_URL: z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/$/, "")),
  ENGINE_PEER: z
    .string()
    .regex(/^0[23][0-9a-f]{64}@.+:\d{1,5}$/, { error: "must be nodeid@host:port" })
    .transform((text) => {
      const [nodeId = "", address = ""] = text.split("@");
      return { nodeId, address };
    }),
  RATES_COINBASE_URL: z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/$/, "")),
  LOG_LEVEL: logLevel,
});
export type MerchantConfiguration = z.infer<typeof merchantSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigurationError naming every variable that is missing or wrong, never its value. */
export function readSimulatorConfiguration(environment: Environment): SimulatorConfiguration {
  return read(simulatorSchema, environment);
}

/** @throws ConfigurationError naming every variable that is missing or wrong, never its value. */
export function readMerchantConfiguration(environment: Environment): MerchantConfiguration {
  return read(merchantSchema, environment);
}

export class ConfigurationError extends Error {
  constructor(complaints: readonly string[]) {
    super(
      `The configuration is not complete:\n${complaints.map((complaint) => `  ${complaint}`).join("\n")}`,
    );
    this.name = "ConfigurationError";
  }
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? "");
      return environment[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
    }),
  );
}
