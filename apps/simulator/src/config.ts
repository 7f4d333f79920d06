import { z } from "zod";
import { listenAddress, logLevel, readEnvironment } from "./shared/environment.ts";
import type { Environment } from "./shared/environment.ts";
import { settingsChangeSchema } from "./world/settings.ts";

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

const shortcode = z.string().regex(/^\d{5,7}$/, { error: "must be 5 to 7 digits" });

const simulatorSchema = z.object({
  HTTP_LISTEN: listenAddress,
  STATE_DIR: z.string().min(1),
  LOG_LEVEL: logLevel,
  DARAJA_CONSUMER_KEY: z.string().min(1),
  DARAJA_CONSUMER_SECRET: z.string().min(1),
  DARAJA_SHORTCODE: shortcode,
  DARAJA_B2C_SHORTCODE: shortcode,
  DARAJA_PASSKEY: z.string().min(1),
  DARAJA_INITIATOR_NAME: z.string().min(1),
  DARAJA_INITIATOR_PASSWORD: z.string().min(1),
  ORGANISATION_NAME: z.string().min(1).max(40).default("SATSCONNECT"),
  SIMULATOR_SETTINGS: settingsText,
});
export type SimulatorConfiguration = z.infer<typeof simulatorSchema>;

/** @throws ConfigurationError naming every variable that is missing or invalid, never its value. */
export function readSimulatorConfiguration(environment: Environment): SimulatorConfiguration {
  return readEnvironment(simulatorSchema, environment);
}
