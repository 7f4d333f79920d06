import path from "node:path";
import { z } from "zod";

const httpUrl = z.url({ protocol: /^https?$/u, error: "must be an http:// or https:// URL" });

/** A URL that can stand in the page and in its content security policy as it is. */
const isPlainUrl = (url: string): boolean =>
  httpUrl.safeParse(url).success && /^[^"'<>&;\s]+$/u.test(url);

/** Environment variables of the web app's server. `docs/operating.md` is generated from this. */
export const configurationSchema = z.object({
  HTTP_LISTEN: z
    .string()
    .regex(/^[^:\s]+:\d{1,5}$/u, { error: "must be host:port" })
    .transform((text) => {
      const colon = text.lastIndexOf(":");
      return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
    })
    .describe("Where the app is served, `host:port`. Put a TLS proxy in front of it."),
  WEB_ROOT: z
    .string()
    .min(1, { error: "must be the path of a folder" })
    .transform((folder) => path.resolve(folder))
    .describe("The folder that `apps/wallet/scripts/build-web.mts` built."),
  API_URL: httpUrl
    .transform((url) => new URL(url).origin)
    .describe("The operator's API, as browsers reach it."),
  CONNECT_ORIGINS: z
    .string()
    .default("")
    .transform((list) =>
      list.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()])),
    )
    .describe(
      "Other origins that the page may connect to, separated by commas: the engine's WebSocket and Esplora URLs.",
    ),
  ESPLORA_URLS: z
    .string()
    .default("")
    .transform((list) =>
      list.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()])),
    )
    .refine((urls) => urls.every(isPlainUrl), { error: "must be http:// or https:// URLs" })
    .describe(
      "Base URLs of Esplora servers that do not belong to the operator, separated by commas, for the same network. Wallets " +
        "follow them when the operator's is gone, and ask them what it may withhold. The page may connect to them.",
    ),
  WATCHTOWER: z
    .string()
    .regex(/^[0-9a-f]{64}@https?:\/\/[^"'<>&;\s]+$/u, { error: "must be key@url" })
    .optional()
    .describe(
      "Address of a watchtower that does not belong to the operator, `key@url`, as its log line `ready` shows it. Wallets " +
        "keep the head of their backup there, so that an old backup is recognised. The page may connect to it.",
    ),
});

export type Configuration = z.infer<typeof configurationSchema>;

/** @throws Error that names each missing or invalid variable, without its value. */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const parsed = configurationSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return environment[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
  });
  throw new Error(
    `The configuration is invalid:\n${problems.map((line) => `  ${line}`).join("\n")}`,
  );
}
