import { z } from "zod";
declare const environmentSchema: z.ZodObject<
  {
    NETWORK: z.ZodDefault<
      z.ZodEnum<{
        bitcoin: "bitcoin";
        regtest: "regtest";
        signet: "signet";
        testnet: "testnet";
      }>
    >;
    DATABASE_URL: z.ZodString;
    REDIS_URL: z.ZodString;
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
    PUBLIC_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    CORS_ORIGINS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<string[], string>>;
    TRUSTED_PROXIES: z.ZodDefault<z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>>;
    RATE_LIMIT_FACTOR: z.ZodDefault<z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>>;
    LOG_LEVEL: z.ZodDefault<
      z.ZodEnum<{
        debug: "debug";
        error: "error";
        fatal: "fatal";
        info: "info";
        silent: "silent";
        trace: "trace";
        warn: "warn";
      }>
    >;
    ENGINE_GRPC_ADDRESS: z.ZodString;
    ENGINE_TLS_CA: z.ZodString;
    ENGINE_TLS_CERT: z.ZodString;
    ENGINE_TLS_KEY: z.ZodString;
    DARAJA_BASE_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    DARAJA_CONSUMER_KEY: z.ZodString;
    DARAJA_CONSUMER_SECRET: z.ZodString;
    DARAJA_SHORTCODE: z.ZodString;
    DARAJA_PASSKEY: z.ZodString;
    DARAJA_B2C_SHORTCODE: z.ZodString;
    DARAJA_INITIATOR_NAME: z.ZodString;
    DARAJA_INITIATOR_PASSWORD: z.ZodString;
    DARAJA_CERTIFICATE_FILE: z.ZodString;
    RATES_COINBASE_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    RATES_YADIO_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    RATES_KRAKEN_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    RATES_BITSTAMP_URL: z.ZodOptional<z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>>;
    RATES_FX_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    TOKEN_KEYS_FILE: z.ZodString;
    CALLBACK_SECRET_FILE: z.ZodString;
    SUPPORT_PHONE: z.ZodOptional<z.ZodString>;
    SUPPORT_EMAIL: z.ZodOptional<z.ZodEmail>;
  },
  z.core.$strip
>;
export type Configuration = z.infer<typeof environmentSchema>;
/** @throws ConfigurationError naming every variable that is missing or wrong, never its value. */
export declare function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration;
export declare class ConfigurationError extends Error {
  constructor(complaints: readonly string[]);
}
/** Reads a file that the configuration names. @throws ConfigurationError */
export declare function readConfiguredFile(name: string, path: string): Buffer;
/** The secret part of the addresses that M-Pesa calls back: 32 bytes as hex. @throws ConfigurationError */
export declare function readCallbackSecret(path: string): Buffer;
export {};
