import { z } from "zod";

const listen = z
  .string()
  .regex(/^[^:\s]+:\d{1,5}$/u, { error: "must be host:port" })
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  });
const file = z.string().min(1);
const list = z
  .string()
  .default("")
  .transform((text) => text.split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()])));
const amountSat = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/u, { error: "must be a whole number of satoshis" })
    .default(standard)
    .transform(BigInt);

const schema = z.object({
  NETWORK: z.enum(["regtest", "signet", "testnet", "bitcoin"]),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//u, { error: "must be a postgres:// URL" }),
  STATE_KEY_FILE: file,
  SEED_FILE: file,
  BITCOIND_RPC_URL: z.url({ protocol: /^https?$/u }),
  BITCOIND_ZMQ_URL: z
    .string()
    .regex(/^tcp:\/\/.+:\d+$/u, { error: "must be tcp://host:port" })
    .optional(),
  GRPC_LISTEN: listen,
  GRPC_TLS_CA: file,
  GRPC_TLS_CERT: file,
  GRPC_TLS_KEY: file,
  LIGHTNING_TCP_LISTEN: listen,
  LIGHTNING_WS_LISTEN: listen,
  HTTP_LISTEN: listen,
  /** What wallets and peers are told; by default where we listen. */
  PUBLIC_TCP_ADDRESSES: list,
  PUBLIC_WS_URLS: list,
  PUBLIC_ESPLORA_URL: z.string().optional(),
  ALIAS: z.string().max(32).default("SatsConnect"),
  CORE: z.enum(["addon", "wasm"]).default("addon"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  /** The node's own limits: a stolen orchestrator can take no more than these. */
  CAP_PAYMENT_SAT: amountSat("5000000"),
  CAP_DAILY_SAT: amountSat("50000000"),
  LSP_MINIMUM_FEE_SAT: amountSat("100"),
  LSP_FEE_MILLIONTHS: z
    .string()
    .regex(/^\d{1,6}$/u)
    .default("4000")
    .transform(Number),
  LSP_MINIMUM_PAYMENT_SAT: amountSat("200"),
  LSP_MAXIMUM_PAYMENT_SAT: amountSat("5000000"),
  LSP_MINIMUM_CAPACITY_SAT: amountSat("200000"),
  LSP_MAXIMUM_CAPACITY_SAT: amountSat("16777215"),
  LSP_MAXIMUM_COMMITTED_SAT: amountSat("2000000000"),
  /** On mainnet: the operator says that the backup of the state was restored in a drill. */
  BACKUP_TESTED: z.enum(["yes", "no"]).default("no"),
});

export type Configuration = z.infer<typeof schema>;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** @throws ConfigurationError naming every variable that is missing or wrong, never its value. */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ConfigurationError(`The engine's environment is not usable.\n${lines.join("\n")}`);
  }
  if (parsed.data.NETWORK === "bitcoin") checkMainnet(parsed.data);
  return parsed.data;
}

/** The oldest LDK whose published security fixes are complete. */
export const leastLdk = "0.2.7";

/** Real money is refused where a development's short cut would put it at risk. */
function checkMainnet(configuration: Configuration): void {
  const reasons: string[] = [];
  const database = new URL(configuration.DATABASE_URL);
  const embedded = database.username === "satsconnect" && database.hostname === "127.0.0.1";
  if (embedded) reasons.push("DATABASE_URL names the embedded development database");
  if (configuration.BACKUP_TESTED !== "yes") {
    reasons.push("BACKUP_TESTED is not yes: restore the state's backup in a drill first");
  }
  if (reasons.length > 0) {
    throw new ConfigurationError(`Mainnet is refused: ${reasons.join("; ")}.`);
  }
}
