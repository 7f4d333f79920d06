import { z } from "zod";
import { listenAddress, logLevel, readEnvironment } from "../shared/environment.ts";
import type { Environment } from "../shared/environment.ts";

const baseUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/$/, ""));

const merchantSchema = z.object({
  NETWORK: z.literal("regtest").default("regtest"),
  HTTP_LISTEN: listenAddress,
  LIGHTNING_TCP_LISTEN: listenAddress,
  STATE_DIR: z.string().min(1),
  SEED_FILE: z.string().min(1),
  ESPLORA_URL: baseUrl,
  ENGINE_PEER: z
    .string()
    .regex(/^0[23][0-9a-f]{64}@.+:\d{1,5}$/, { error: "must be nodeid@host:port" })
    .transform((text) => {
      const [nodeId = "", address = ""] = text.split("@");
      return { nodeId, address };
    }),
  RATES_COINBASE_URL: baseUrl,
  LOG_LEVEL: logLevel,
});
export type MerchantConfiguration = z.infer<typeof merchantSchema>;

/** @throws ConfigurationError naming every variable that is missing or invalid, never its value. */
export function readMerchantConfiguration(environment: Environment): MerchantConfiguration {
  return readEnvironment(merchantSchema, environment);
}
