import { z } from "zod";

const listen = z
  .string()
  .regex(/^[^:\s]+:\d{1,5}$/u, { error: "must be host:port" })
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, { error: "must have a port up to 65535" });
const file = z.string().min(1, { error: "must be a file's path" });
const list = z
  .string()
  .transform((text) => text.split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()])));
const whole = (standard: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/u, { error: "must be a whole number" })
    .transform(Number)
    .default(standard);
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
  BITCOIND_RPC_URL: z.url({
    protocol: /^https?$/u,
    error: "must be http://user:password@host:port",
  }),
  /** Bitcoin Core's `.cookie`, instead of user and password in the URL. */
  BITCOIND_COOKIE_FILE: file.optional(),
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
  PUBLIC_TCP_ADDRESSES: list.default([]),
  PUBLIC_WS_URLS: list.default([]),
  PUBLIC_ESPLORA_URL: z.string().optional(),
  ALIAS: z.string().max(32).default("SatsConnect"),
  CORE: z.enum(["addon", "wasm"]).default("addon"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  /** The node's own limits: a stolen orchestrator can take no more than these. */
  CAP_PAYMENT_SAT: amountSat("5000000"),
  CAP_DAILY_SAT: amountSat("50000000"),
  CAP_IN_FLIGHT_SAT: amountSat("20000000"),
  /** Names, in their certificates, of the clients that may administer the node. */
  GRPC_OPERATORS: list.default(["operator"]),
  FORWARDING_BASE_MSAT: whole(1_000),
  FORWARDING_MILLIONTHS: whole(0),
  FORWARDING_CLTV_BLOCKS: whole(72),
  /** For channels that others open to us. */
  /** Kept out of every payment, so that a forced close can always be bumped. */
  ON_CHAIN_RESERVE_SAT: amountSat("100000"),
  CHANNEL_MINIMUM_SAT: amountSat("100000"),
  CHANNELS_PER_PEER: whole(4),
  LSP_MINIMUM_FEE_SAT: amountSat("100"),
  LSP_FEE_MILLIONTHS: whole(4_000),
  LSP_MINIMUM_PAYMENT_SAT: amountSat("200"),
  LSP_MAXIMUM_PAYMENT_SAT: amountSat("5000000"),
  LSP_MINIMUM_CAPACITY_SAT: amountSat("200000"),
  LSP_MAXIMUM_CAPACITY_SAT: amountSat("16777215"),
  LSP_MAXIMUM_COMMITTED_SAT: amountSat("2000000000"),
  /** On mainnet: when the state's backup was last restored in a drill, `YYYY-MM-DD`. */
  BACKUP_TESTED_ON: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/u, { error: "must be YYYY-MM-DD" })
    .optional(),
});

export type Configuration = z.infer<typeof schema>;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** @throws ConfigurationError naming every variable that is missing or wrong, never its value. */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ConfigurationError(`The engine's environment is not usable.\n${lines.join("\n")}`);
}
