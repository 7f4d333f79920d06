import { z } from "zod";

/*
 * Variables of the operator's admin API. They are part of `configurationSchema`; a type of their own keeps the checks
 * between them in one place.
 */

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
const file = z.string().min(1, { error: "must be the path of a file" }).optional();

export const adminVariables = {
  ADMIN_LISTEN: listenAddress
    .optional()
    .describe(
      "Where the operator's console is served, `host:port`; never where the public can reach it. Without it there is no console. Without `ADMIN_TLS_CERT` it is plain HTTP, which mainnet allows on loopback only, for a proxy on the same machine.",
    ),
  ADMIN_URL: z
    .url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" })
    .transform((text) => new URL(text).origin)
    .optional()
    .describe(
      "Address of the console in the operators' browsers: https, or http://localhost. Passkeys belong to its host name, so after a change every operator enrols anew. Required with `ADMIN_LISTEN` and `ADMIN_MTLS_LISTEN`.",
    ),
  ADMIN_TLS_CERT: file.meta({
    description: "Certificate of the console's listener (PEM).",
    isFile: true,
  }),
  ADMIN_TLS_KEY: file.meta({
    description: "Private key of `ADMIN_TLS_CERT` (PEM).",
    isFile: true,
    isSecret: true,
  }),
  ADMIN_MTLS_LISTEN: listenAddress
    .optional()
    .describe(
      "Where `satsctl` reaches the api, `host:port`, with mutual TLS. Without it there is no such listener.",
    ),
  ADMIN_MTLS_CERT: file.meta({
    description: "Certificate of `satsctl`'s listener (PEM).",
    isFile: true,
  }),
  ADMIN_MTLS_KEY: file.meta({
    description: "Private key of `ADMIN_MTLS_CERT` (PEM).",
    isFile: true,
    isSecret: true,
  }),
  ADMIN_MTLS_CLIENT_CA: file.meta({
    description:
      "Certificate of the authority that issues operators' client certificates (PEM). Whoever has its key may do everything that one operator may, under any name.",
    isFile: true,
  }),
  ADMIN_FOUR_EYES_KES: z
    .string()
    .regex(/^\d{1,9}$/, { error: "must be a whole number" })
    .default("10000")
    .transform(Number)
    .describe(
      "What one operator may move alone in 24 hours, in whole shillings. Acts above it need the passkey of a second operator; 0: every act that moves money does.",
    ),
  ADMIN_CONSOLE_FOLDER: z
    .string()
    .min(1, { error: "must be the path of a folder" })
    .optional()
    .describe(
      "Folder with the console's built files. Without it, the folder that the console's build writes.",
    ),
} as const;

type AdminConfiguration = z.infer<z.ZodObject<typeof adminVariables>> & {
  readonly NETWORK: string;
  readonly HTTP_LISTEN: { readonly host: string; readonly port: number };
};

type Problem = { readonly variable: keyof typeof adminVariables; readonly message: string };

/** Contradictions between the variables of the admin API. */
export function adminConfigurationProblems(configuration: AdminConfiguration): readonly Problem[] {
  const problems: Problem[] = [];
  const { ADMIN_LISTEN, ADMIN_URL, ADMIN_MTLS_LISTEN, HTTP_LISTEN } = configuration;
  const require = (variable: Problem["variable"], because: string): void => {
    if (configuration[variable] === undefined)
      problems.push({ variable, message: `is required with ${because}` });
  };
  if (ADMIN_LISTEN !== undefined) require("ADMIN_URL", "ADMIN_LISTEN");
  if (configuration.ADMIN_TLS_CERT !== undefined) require("ADMIN_TLS_KEY", "ADMIN_TLS_CERT");
  if (configuration.ADMIN_TLS_KEY !== undefined) require("ADMIN_TLS_CERT", "ADMIN_TLS_KEY");
  if (ADMIN_MTLS_LISTEN !== undefined) {
    for (const variable of [
      "ADMIN_URL",
      "ADMIN_MTLS_CERT",
      "ADMIN_MTLS_KEY",
      "ADMIN_MTLS_CLIENT_CA",
    ] as const)
      require(variable, "ADMIN_MTLS_LISTEN");
  }
  if (ADMIN_URL !== undefined && !isSecureContext(ADMIN_URL))
    problems.push({
      variable: "ADMIN_URL",
      message: "must be https, or http://localhost: browsers offer passkeys nowhere else",
    });
  if (
    ADMIN_LISTEN !== undefined &&
    configuration.NETWORK === "bitcoin" &&
    configuration.ADMIN_TLS_CERT === undefined &&
    !isLoopback(ADMIN_LISTEN.host)
  )
    problems.push({
      variable: "ADMIN_LISTEN",
      message: "must be a loopback address on mainnet, or have ADMIN_TLS_CERT",
    });
  const taken = [HTTP_LISTEN];
  for (const [variable, address] of [
    ["ADMIN_LISTEN", ADMIN_LISTEN],
    ["ADMIN_MTLS_LISTEN", ADMIN_MTLS_LISTEN],
  ] as const) {
    if (address === undefined) continue;
    if (address.port !== 0 && taken.some(({ port }) => port === address.port))
      problems.push({
        variable,
        message: "must have a port of its own, apart from the public one",
      });
    taken.push(address);
  }
  return problems;
}

function isSecureContext(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" || hostname === "localhost";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
