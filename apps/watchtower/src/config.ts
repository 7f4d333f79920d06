import { parseProxies } from "@satsconnect/lightning/nodejs";
import { z } from "zod";

// Defaults are written as the operator would write them, so that documentation can be generated from the schema.

const file = z.string().min(1, { error: "must be the path of a file" });
const wholeNumber = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/u, { error: "must be a whole number" })
    .default(standard)
    .transform(Number);

/**
 * Every environment variable of the watchtower. The table in `docs/operating.md` and the file in `docs/examples` are
 * generated from this.
 */
export const configurationSchema = z.object({
  HTTP_LISTEN: z
    .string()
    .regex(/^[^:\s]+:\d{1,5}$/u, { error: "must be host:port" })
    .transform((text) => {
      const colon = text.lastIndexOf(":");
      return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
    })
    .refine(({ port }) => port <= 65_535, { error: "must have a port up to 65535" })
    .describe("Where wallets reach the watchtower, `host:port`. Put a TLS proxy in front of it."),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/u, error: "must be an http(s) URL" })
    .transform((url) => url.replace(/\/+$/u, ""))
    .optional()
    .describe(
      "Public URL of `HTTP_LISTEN`. The log line `ready` has the address with it that wallets are configured with, " +
        "`key@url`. Without it: the listen address.",
    ),
  DATA_FILE: file.describe(
    "SQLite file with all state. Never restore an older copy of it: the watchtower would then confirm old backups.",
  ),
  KEY_FILE: file.describe(
    "File with the watchtower's own key: 32 bytes in hex, mode 0600. It signs answers and is part of its address: a new " +
      "key is a new watchtower.",
  ),
  TRUSTED_PROXIES: z
    .string()
    .default("")
    .transform((text) =>
      text.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()])),
    )
    .refine((networks) => parseProxies(networks) !== undefined, {
      error: "must be addresses or networks, such as 10.0.0.0/8",
    })
    .describe(
      "Addresses or networks of the reverse proxies in front of `HTTP_LISTEN`, separated by commas. Only their " +
        "`X-Forwarded-For` is believed. Without it all clients of a proxy share one budget.",
    ),
  REQUESTS_PER_MINUTE: wholeNumber("6000").describe(
    "Maximum number of requests per minute from one address range (IPv4 /24, IPv6 /48). A mobile network has many " +
      "wallets in one range, and a wallet that pays sends about five requests.",
  ),
  NEW_WALLETS_PER_HOUR: wholeNumber("600").describe(
    "Maximum number of wallets per hour that one address range may register. It limits how fast a stranger can fill " +
      "`MAXIMUM_WALLETS`.",
  ),
  MAXIMUM_WALLETS: wholeNumber("1000000").describe(
    "Maximum number of wallets. A wallet takes about one kilobyte.",
  ),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("The least severe log level that is written."),
});

export type Configuration = z.infer<typeof configurationSchema>;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** @throws ConfigurationError naming every variable that is missing or invalid, never its value. */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const parsed = configurationSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ConfigurationError(`The configuration is not valid.\n${lines.join("\n")}`);
}
