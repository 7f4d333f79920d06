import { z } from "zod";
/** Every environment variable of the engine. `docs/operating.md` and the example file are generated from this. */
export declare const configurationSchema: z.ZodObject<
  {
    NETWORK: z.ZodEnum<{
      bitcoin: "bitcoin";
      regtest: "regtest";
      signet: "signet";
      testnet: "testnet";
    }>;
    DATABASE_URL: z.ZodString;
    STATE_KEY_FILE: z.ZodString;
    SEED_FILE: z.ZodString;
    BITCOIND_RPC_URL: z.ZodURL;
    BITCOIND_COOKIE_FILE: z.ZodOptional<z.ZodString>;
    BITCOIND_ZMQ_URL: z.ZodOptional<z.ZodString>;
    GRPC_LISTEN: z.ZodPipe<
      z.ZodString,
      z.ZodTransform<
        {
          host: string;
          port: number;
        },
        string
      >
    >;
    GRPC_TLS_CA: z.ZodString;
    GRPC_TLS_CERT: z.ZodString;
    GRPC_TLS_KEY: z.ZodString;
    GRPC_OPERATORS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<string[], string>>;
    LIGHTNING_TCP_LISTEN: z.ZodPipe<
      z.ZodString,
      z.ZodTransform<
        {
          host: string;
          port: number;
        },
        string
      >
    >;
    LIGHTNING_WS_LISTEN: z.ZodPipe<
      z.ZodString,
      z.ZodTransform<
        {
          host: string;
          port: number;
        },
        string
      >
    >;
    HTTP_LISTEN: z.ZodPipe<
      z.ZodString,
      z.ZodTransform<
        {
          host: string;
          port: number;
        },
        string
      >
    >;
    PUBLIC_TCP_ADDRESSES: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<string[], string>>;
    PUBLIC_WS_URLS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<string[], string>>;
    PUBLIC_ESPLORA_URL: z.ZodOptional<z.ZodString>;
    ALIAS: z.ZodDefault<z.ZodString>;
    CORE: z.ZodDefault<
      z.ZodEnum<{
        addon: "addon";
        wasm: "wasm";
      }>
    >;
    LOG_LEVEL: z.ZodDefault<
      z.ZodEnum<{
        debug: "debug";
        error: "error";
        info: "info";
        silent: "silent";
        trace: "trace";
        warn: "warn";
      }>
    >;
    CAP_PAYMENT_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    CAP_DAILY_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    CAP_IN_FLIGHT_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    FORWARDING_BASE_MSAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<number, string>>;
    FORWARDING_MILLIONTHS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<number, string>>;
    FORWARDING_CLTV_BLOCKS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<number, string>>;
    ON_CHAIN_RESERVE_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    CHANNEL_MINIMUM_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    CHANNELS_PER_PEER: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<number, string>>;
    LSP_MINIMUM_FEE_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    LSP_FEE_MILLIONTHS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<number, string>>;
    LSP_MINIMUM_PAYMENT_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    LSP_MAXIMUM_PAYMENT_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    LSP_MINIMUM_CAPACITY_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    LSP_MAXIMUM_CAPACITY_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    LSP_MAXIMUM_COMMITTED_SAT: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<bigint, string>>;
    BACKUP_TESTED_ON: z.ZodOptional<z.ZodString>;
  },
  z.core.$strip
>;
export type Configuration = z.infer<typeof configurationSchema>;
export declare class ConfigurationError extends Error {
  readonly name = "ConfigurationError";
}
/** @throws ConfigurationError naming every variable that is missing or invalid, never its value. */
export declare function readConfiguration(environment: NodeJS.ProcessEnv): Configuration;
