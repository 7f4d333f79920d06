import { parseProxies } from "@satsconnect/lightning/nodejs";
import { z } from "zod";

// Defaults are written as the operator would write them, so that documentation can be generated from the schema.

const listenAddress = z
  .string()
  .regex(/^[^:\s]+:\d{1,5}$/u, { error: "must be host:port" })
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, { error: "must have a port up to 65535" });
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/u, { error: "must be YYYY-MM-DD" })
  .optional();
const file = z.string().min(1, { error: "must be the path of a file" });
const list = (standard: string) =>
  z
    .string()
    .default(standard)
    .transform((text) =>
      text.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()])),
    );
const wholeNumber = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,7}$/u, { error: "must be a whole number" })
    .default(standard)
    .transform(Number);
const amountSat = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/u, { error: "must be a whole number of satoshis" })
    .default(standard)
    .transform(BigInt);

/**
 * Every environment variable of the engine. The tables in `docs/operating.md` and the files in `docs/examples` are
 * generated from this.
 */
export const configurationSchema = z
  .object({
    NETWORK: z
      .enum(["regtest", "signet", "testnet", "bitcoin"])
      .describe("The Bitcoin network. On `bitcoin` (mainnet) additional checks run at start."),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//u, { error: "must be a postgres:// URL" })
      .describe("The engine's Postgres database. No other application may use it."),
    STATE_KEY_FILE: file.describe(
      "File with the keys that encrypt the node's state in the database, one in each line: 32 bytes in hex, or " +
        "`wrapped:` and a text for `UNWRAP_COMMAND`. Mode 0600. `operator-cli rotate-state-key` begins to use the last one.",
    ),
    SEED_FILE: file.describe(
      "File with the node's seed: 32 or 64 bytes in hex, or `wrapped:` and a text for `UNWRAP_COMMAND`. Mode 0600. " +
        "Back it up: it controls all funds.",
    ),
    UNWRAP_COMMAND: file
      .optional()
      .describe(
        "Executable that decrypts the wrapped lines of `STATE_KEY_FILE` and `SEED_FILE` with a KMS or an HSM: it reads " +
          "the text after `wrapped:` on standard input and writes the secret in hex on standard output, within 15 seconds. " +
          "It runs without arguments and without the engine's own variables.",
      ),
    STATE_COUNTER_FILE: file
      .optional()
      .describe(
        "File with the number of the last stored commit, outside the database, so that the node refuses to start on an " +
          "older copy of its database. Default: the path of `SEED_FILE` with `.commits` appended. Never delete it or " +
          "restore it from a backup.",
      ),
    RECOVERY: z
      .enum(["off", "close-channels"])
      .default("off")
      .describe(
        "`close-channels`: start on a database that is older than the node's newest state. The node closes all channels " +
          "without broadcasting anything of its own, asks its peers to close, and collects what they pay it. It opens " +
          "no channels and makes no payments.",
      ),
    BITCOIND_RPC_URL: z
      .url({ protocol: /^https?$/u, error: "must be http://user:password@host:port" })
      .describe(
        "Bitcoin Core's RPC, `http://user:password@host:port`. Omit user and password with a cookie file.",
      ),
    BITCOIND_COOKIE_FILE: file
      .optional()
      .describe("Bitcoin Core's `.cookie` file, used instead of a user and password in the URL."),
    BITCOIND_ZMQ_URL: z
      .string()
      .regex(/^tcp:\/\/.+:\d+$/u, { error: "must be tcp://host:port" })
      .optional()
      .describe(
        "Bitcoin Core's `zmqpubhashblock` address, so that new blocks are seen at once. Without it: polling.",
      ),
    GRPC_LISTEN: listenAddress.describe("Where gRPC is served, `host:port`."),
    GRPC_TLS_CA: file.describe(
      "Certificate of the private authority (PEM). Only clients with a certificate it issued may connect.",
    ),
    GRPC_TLS_CERT: file.describe("The engine's own certificate (PEM)."),
    GRPC_TLS_KEY: file.describe("Private key of the engine's certificate (PEM), mode 0600."),
    GRPC_OPERATORS: list("operator").describe(
      "Common names of the client certificates that may administer the node, separated by commas. " +
        "The api's certificate must not be among them.",
    ),
    LIGHTNING_TCP_LISTEN: listenAddress.describe(
      "Where Lightning peers connect over TCP, `host:port`.",
    ),
    LIGHTNING_WS_LISTEN: listenAddress.describe(
      "Where browser wallets connect over WebSocket, `host:port`. Put a TLS proxy in front of it.",
    ),
    ESPLORA_LISTEN: listenAddress.describe(
      "Where wallets reach the Esplora API and gossip snapshots, `host:port`. Put a TLS proxy in front of it.",
    ),
    GOSSIP_SNAPSHOT_SECONDS: wholeNumber("600")
      .refine((seconds) => seconds >= 2, { error: "must be at least 2" })
      .describe(
        "How often snapshots of the network graph are made for wallets, in seconds. They are served on `ESPLORA_LISTEN` " +
          "at `/esplora/gossip/snapshot/:since`.",
      ),
    HTTP_LISTEN: listenAddress.describe(
      "Where `/health` and `/metrics` are served, `host:port`. Keep it private: metrics show the treasury.",
    ),
    TRUSTED_PROXIES: list("")
      .refine((networks) => parseProxies(networks) !== undefined, {
        error: "must be addresses or networks, such as 10.0.0.0/8",
      })
      .describe(
        "Addresses or networks of the reverse proxies in front of `ESPLORA_LISTEN` and `LIGHTNING_WS_LISTEN`, separated " +
          "by commas. Only their `X-Forwarded-For` is believed. Without it all clients of a proxy share one budget.",
      ),
    PUBLIC_TCP_ADDRESSES: list("").describe(
      "Public `host:port` addresses of the Lightning port, separated by commas. They are announced to the " +
        "network and given to wallets. Empty: wallets get the listen address.",
    ),
    PUBLIC_WS_URLS: list("").describe(
      "Public `wss://` URLs of the WebSocket port, separated by commas. Empty: wallets get the listen address.",
    ),
    PUBLIC_ESPLORA_URL: z
      .string()
      .optional()
      .describe(
        "Public URL of the Esplora API. Without it wallets get the address of `ESPLORA_LISTEN`.",
      ),
    ALIAS: z
      .string()
      .max(32)
      .default("SatsConnect")
      .describe("The node's name in network announcements, at most 32 characters."),
    CORE: z
      .enum(["addon", "wasm"])
      .default("addon")
      .describe(
        "Preferred build of the Lightning core: the native addon (about twice as fast) or WebAssembly.",
      ),
    LOG_LEVEL: z
      .enum(["trace", "debug", "info", "warn", "error", "silent"])
      .default("info")
      .describe("The least severe log level that is written."),
    CAP_PAYMENT_SAT: amountSat("5000000").describe(
      "Maximum of one outgoing payment, maximum routing fee included, in satoshis.",
    ),
    CAP_DAILY_SAT: amountSat("50000000").describe(
      "Maximum of all outgoing payments in 24 hours, fees included, in satoshis. " +
        "The caps limit what a compromised api can take.",
    ),
    CAP_IN_FLIGHT_SAT: amountSat("20000000").describe(
      "Maximum of all outgoing payments in flight at the same time, fees included, in satoshis.",
    ),
    CAP_IN_FLIGHT_TO_PAYEE_SAT: amountSat("5000000").describe(
      "Maximum sum of outbound payments in flight to one node, fees included. A customer's node can hold a payment back for " +
        "hours; more buys of the same customer are refused until then.",
    ),
    CAP_ON_CHAIN_DAILY_SAT: amountSat("100000000").describe(
      "Maximum that an operator's client sends on chain in 24 hours, fees included, in satoshis. " +
        "It limits what a stolen operator's certificate can take.",
    ),
    FORWARDING_BASE_MSAT: wholeNumber("1000").describe(
      "Base fee for forwarding a payment, in millisatoshis (BOLT 7 `fee_base_msat`).",
    ),
    FORWARDING_MILLIONTHS: wholeNumber("200").describe(
      "Proportional fee for forwarding a payment, in millionths of the amount (BOLT 7 " +
        "`fee_proportional_millionths`).",
    ),
    FORWARDING_CLTV_BLOCKS: wholeNumber("72").describe(
      "Blocks between the expiry of an incoming and the forwarded HTLC (BOLT 7 `cltv_expiry_delta`).",
    ),
    ON_CHAIN_RESERVE_SAT: amountSat("100000").describe(
      "On-chain funds that payments and channel opens leave untouched, in satoshis, so that the fee of a " +
        "force-close can always be bumped.",
    ),
    ON_CHAIN_RESERVE_PER_CHANNEL_SAT: amountSat("5000").describe(
      "Amount that each open channel adds to `ON_CHAIN_RESERVE_SAT`, in satoshis.",
    ),
    CHANNEL_MINIMUM_SAT: amountSat("100000").describe(
      "Minimum capacity of a channel that a peer opens to this node, in satoshis.",
    ),
    CHANNELS_PER_PEER: wholeNumber("4").describe(
      "Maximum number of channels that one peer may open to this node.",
    ),
    LSP_MINIMUM_FEE_SAT: amountSat("100").describe(
      "Minimum fee for opening a just-in-time channel, in satoshis. Where the cost of opening and closing the " +
        "channel at the current feerate is higher, that is the minimum (LSPS2 `min_fee_msat`).",
    ),
    LSP_FEE_MILLIONTHS: wholeNumber("4000").describe(
      "Fee for opening a just-in-time channel, in millionths of the first payment (LSPS2 `proportional`).",
    ),
    LSP_MINIMUM_PAYMENT_SAT: amountSat("200").describe(
      "Minimum first payment for which a just-in-time channel is opened, in satoshis; it is never less than " +
        "one and a half times the minimum fee at the current feerate.",
    ),
    LSP_MAXIMUM_PAYMENT_SAT: amountSat("5000000").describe(
      "Maximum first payment for which a just-in-time channel is opened, in satoshis.",
    ),
    LSP_MINIMUM_CAPACITY_SAT: amountSat("200000").describe(
      "Minimum capacity of a just-in-time channel, in satoshis.",
    ),
    LSP_MAXIMUM_CAPACITY_SAT: amountSat("16777215").describe(
      "Maximum capacity of a just-in-time channel, in satoshis.",
    ),
    LSP_MAXIMUM_COMMITTED_SAT: amountSat("200000000").describe(
      "Maximum that the node has in just-in-time channels altogether, in satoshis.",
    ),
    LSP_MAXIMUM_UNKNOWN_SAT: amountSat("20000000").describe(
      "Part of `LSP_MAXIMUM_COMMITTED_SAT` that may be in channels with clients that are not registered and have " +
        "not paid for a channel. The rest is kept for the others.",
    ),
    LSP_MAXIMUM_FEERATE: wholeNumber("200").describe(
      "Above this feerate, in sat/vB, no just-in-time channel is offered or opened.",
    ),
    LSP_OPENS_PER_HOUR: wholeNumber("60").describe(
      "Maximum number of just-in-time channels opened within an hour. Clients that have not paid for a channel " +
        "before share half of them.",
    ),
    LSP_OPENS_PER_HOUR_PER_CLIENT: wholeNumber("3").describe(
      "Maximum number of just-in-time channels opened for one client within an hour.",
    ),
    LSP_CLOSE_UNPAID_AFTER_HOURS: wholeNumber("24").describe(
      "Hours after which a funded just-in-time channel that nobody has paid for is closed cooperatively.",
    ),
    LSP_FORCE_CLOSE_UNPAID_AFTER_HOURS: wholeNumber("336").describe(
      "Hours after which such a channel is closed by force if its client is not connected.",
    ),
    LDK_REVIEWED_ON: date.describe(
      "Date on which you last compared the engine's LDK with LDK's releases and found no newer fixes, `YYYY-MM-DD`. " +
        "Mainnet needs a review, ours (`apps/engine/src/ldk-review.ts`) or yours, of the last 30 days.",
    ),
    BACKUP_TESTED_ON: date.describe(
      "Date of the last restore drill of the database backup, `YYYY-MM-DD`. Required on mainnet, at most 92 " +
        "days ago.",
    ),
  })
  .superRefine((configuration, context) => {
    const pairs = [
      ["LSP_MINIMUM_PAYMENT_SAT", "LSP_MAXIMUM_PAYMENT_SAT"],
      ["LSP_MINIMUM_CAPACITY_SAT", "LSP_MAXIMUM_CAPACITY_SAT"],
      ["LSP_MAXIMUM_UNKNOWN_SAT", "LSP_MAXIMUM_COMMITTED_SAT"],
      ["LSP_CLOSE_UNPAID_AFTER_HOURS", "LSP_FORCE_CLOSE_UNPAID_AFTER_HOURS"],
    ] as const;
    for (const [min, max] of pairs) {
      if (configuration[min] > configuration[max]) {
        context.addIssue({ code: "custom", path: [min], message: `must not exceed ${max}` });
      }
    }
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
