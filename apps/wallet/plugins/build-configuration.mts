import { z } from "zod";

/** Environment variables of a build for phones. `docs/operating.md` is generated from this. */
export const buildConfigurationSchema = z.object({
  SATSCONNECT_API_URL: z
    .url({ protocol: /^https$/u, error: "must be an https:// URL" })
    .optional()
    .describe("The operator's API that the app uses. Without it, the holder enters one."),
  SATSCONNECT_ESPLORA_URLS: z
    .string()
    .default("")
    .transform((list) =>
      list.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()])),
    )
    .refine((urls) => urls.every((url) => z.url({ protocol: /^https$/u }).safeParse(url).success), {
      error: "must be https:// URLs",
    })
    .describe(
      "Base URLs of Esplora servers that do not belong to the operator, separated by commas, for the same network. The app " +
        "follows them when the operator's is gone, and asks them what it may withhold.",
    ),
  SATSCONNECT_WATCHTOWER: z
    .string()
    .regex(/^[0-9a-f]{64}@https:\/\/\S+$/u, { error: "must be key@https://host" })
    .optional()
    .describe(
      "Address of a watchtower that does not belong to the operator, `key@url`. The app keeps the head of its backup there, " +
        "so that an old backup is recognised.",
    ),
  SATSCONNECT_PINS: z
    .string()
    .min(1, { error: "must be the path of a file" })
    .optional()
    .describe(
      "JSON file with `host`, `keys` (at least two SHA-256 hashes of public keys, one of them a reserve) and " +
        "`until` (a date). Without it, the build pins no keys.",
    ),
});

/** @throws Error that names each invalid variable. */
export function readBuildConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<typeof buildConfigurationSchema> {
  const parsed = buildConfigurationSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; "),
  );
}
