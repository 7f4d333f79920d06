import { z } from "zod";
/** Environment variables of a build for phones. `docs/operating.md` is generated from this. */
export declare const buildConfigurationSchema: z.ZodObject<
  {
    SATSCONNECT_API_URL: z.ZodOptional<z.ZodURL>;
    SATSCONNECT_PINS: z.ZodOptional<z.ZodString>;
  },
  z.core.$strip
>;
/** @throws Error that names each invalid variable. */
export declare function readBuildConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<typeof buildConfigurationSchema>;
