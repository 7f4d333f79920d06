import path from "node:path";
import type { Ports } from "./addresses.ts";
import type { Secrets } from "./secrets.ts";

/** Inputs from which the environment variables of each process are made. */
export type EnvironmentInputs = {
  readonly home: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly bitcoind: { readonly rpcUrl: string; readonly zmqUrl: string };
  readonly databases: { readonly engine: string; readonly api: string };
  readonly redisUrl: string;
  /** Additional variables for single processes, for tests and benchmarks. */
  readonly extra?: Partial<Record<AppName | "wallet", Readonly<Record<string, string>>>>;
};

const appNames = ["simulator", "engine", "watchtower", "api", "merchant"] as const;
export type AppName = (typeof appNames)[number];
type Environment = Readonly<Record<string, string>>;

const local = (port: number): string => `127.0.0.1:${String(port)}`;
const url = (port: number): string => `http://${local(port)}`;

const shortcodes = { DARAJA_SHORTCODE: "600111", DARAJA_B2C_SHORTCODE: "600222" };
const initiatorName = "satsconnect-api";

/** URLs of the system's services. */
export function urlsOf(ports: Ports) {
  return {
    api: url(ports.api),
    simulator: url(ports.simulator),
    merchant: url(ports.merchant),
    wallet: url(ports.wallet),
    esplora: `${url(ports.engineEsplora)}/esplora`,
    engine: url(ports.engineEsplora),
    watchtower: url(ports.watchtower),
    // Browsers offer passkeys on `localhost`, not on 127.0.0.1.
    console: `http://localhost:${String(ports.console)}`,
    admin: `https://${local(ports.admin)}`,
    engineGrpc: local(ports.engineGrpc),
    engineTcp: local(ports.engineTcp),
    engineWebSocket: `ws://${local(ports.engineWebSocket)}`,
  };
}

export function simulatorEnvironment({
  home,
  ports,
  secrets,
  extra,
}: EnvironmentInputs): Environment {
  return {
    HTTP_LISTEN: local(ports.simulator),
    STATE_DIR: path.join(home, "simulator"),
    DARAJA_CONSUMER_KEY: secrets.daraja.consumerKey,
    DARAJA_CONSUMER_SECRET: secrets.daraja.consumerSecret,
    DARAJA_PASSKEY: secrets.daraja.passkey,
    DARAJA_INITIATOR_NAME: initiatorName,
    DARAJA_INITIATOR_PASSWORD: secrets.daraja.initiatorPassword,
    ...shortcodes,
    ...extra?.simulator,
  };
}

export function engineEnvironment(inputs: EnvironmentInputs): Environment {
  const { ports, secrets, bitcoind, databases, extra } = inputs;
  return {
    NETWORK: "regtest",
    DATABASE_URL: databases.engine,
    STATE_KEY_FILE: secrets.engineStateKeyFile,
    SEED_FILE: secrets.engineSeedFile,
    BITCOIND_RPC_URL: bitcoind.rpcUrl,
    BITCOIND_ZMQ_URL: bitcoind.zmqUrl,
    GRPC_LISTEN: local(ports.engineGrpc),
    GRPC_TLS_CA: secrets.tls.authority,
    GRPC_TLS_CERT: secrets.tls.engine.certificate,
    GRPC_TLS_KEY: secrets.tls.engine.key,
    LIGHTNING_TCP_LISTEN: local(ports.engineTcp),
    LIGHTNING_WS_LISTEN: local(ports.engineWebSocket),
    ESPLORA_LISTEN: local(ports.engineEsplora),
    HTTP_LISTEN: local(ports.engineHttp),
    // A channel that was just opened is soon known to wallets.
    GOSSIP_SNAPSHOT_SECONDS: "2",
    PUBLIC_TCP_ADDRESSES: local(ports.engineTcp),
    PUBLIC_WS_URLS: urlsOf(ports).engineWebSocket,
    PUBLIC_ESPLORA_URL: urlsOf(ports).esplora,
    ...extra?.engine,
  };
}

/** The watchtower: on a real network another party runs it, on its own machine. */
export function watchtowerEnvironment({
  home,
  ports,
  secrets,
  bitcoind,
  extra,
}: EnvironmentInputs): Environment {
  return {
    HTTP_LISTEN: local(ports.watchtower),
    BITCOIND_RPC_URL: bitcoind.rpcUrl,
    DATA_FILE: path.join(home, "watchtower", "watchtower.sqlite"),
    KEY_FILE: secrets.watchtowerKeyFile,
    // On one machine all wallets have one address.
    REQUESTS_PER_MINUTE: "60000",
    ...extra?.watchtower,
  };
}

export function apiEnvironment(inputs: EnvironmentInputs): Environment {
  const { home, ports, secrets, databases, redisUrl, extra } = inputs;
  const { simulator } = urlsOf(ports);
  return {
    NETWORK: "regtest",
    DATABASE_URL: databases.api,
    REDIS_URL: redisUrl,
    HTTP_LISTEN: local(ports.api),
    MONITORING_LISTEN: local(ports.apiMonitoring),
    PUBLIC_URL: url(ports.api),
    CORS_ORIGINS: url(ports.wallet),
    ENGINE_GRPC_ADDRESS: local(ports.engineGrpc),
    ENGINE_TLS_CA: secrets.tls.authority,
    ENGINE_TLS_CERT: secrets.tls.api.certificate,
    ENGINE_TLS_KEY: secrets.tls.api.key,
    DARAJA_BASE_URL: simulator,
    DARAJA_CONSUMER_KEY: secrets.daraja.consumerKey,
    DARAJA_CONSUMER_SECRET: secrets.daraja.consumerSecret,
    DARAJA_PASSKEY: secrets.daraja.passkey,
    DARAJA_PULL_NUMBER: "254722000000",
    DARAJA_INITIATOR_NAME: initiatorName,
    DARAJA_INITIATOR_PASSWORD: secrets.daraja.initiatorPassword,
    DARAJA_CERTIFICATE_FILE: path.join(home, "simulator", "daraja-certificate.pem"),
    ...shortcodes,
    RATES_COINBASE_URL: `${simulator}/rates/coinbase`,
    RATES_YADIO_URL: `${simulator}/rates/yadio`,
    RATES_KRAKEN_URL: `${simulator}/rates/kraken`,
    RATES_FX_URL: `${simulator}/rates/er-api`,
    TOKEN_KEYS_FILE: secrets.tokenKeysFile,
    CALLBACK_SECRET_FILE: secrets.callbackSecretFile,
    ADMIN_LISTEN: local(ports.console),
    ADMIN_URL: urlsOf(ports).console,
    ADMIN_MTLS_LISTEN: local(ports.admin),
    ADMIN_MTLS_CERT: secrets.adminTls.server.certificate,
    ADMIN_MTLS_KEY: secrets.adminTls.server.key,
    ADMIN_MTLS_CLIENT_CA: secrets.adminTls.authority,
    // On one machine all requests come from one address, and the same few phone numbers are used repeatedly.
    RATE_LIMIT_FACTOR: "100",
    // An invented number, like the simulator's phones.
    SUPPORT_PHONE: "+254700000000",
    SUPPORT_EMAIL: "help@pesa.example",
    ...extra?.api,
  };
}

/** Environment of the web app's server: the folder it serves and the origins that the page may connect to. */
export function walletEnvironment(
  { ports, extra }: EnvironmentInputs,
  webRoot: string,
  watchtower: string,
): Environment {
  const { api, engine, engineWebSocket } = urlsOf(ports);
  return {
    HTTP_LISTEN: local(ports.wallet),
    WEB_ROOT: webRoot,
    API_URL: api,
    CONNECT_ORIGINS: [engine, engineWebSocket].join(","),
    WATCHTOWER: watchtower,
    ...extra?.wallet,
  };
}

export function merchantEnvironment(
  { home, ports, secrets, extra }: EnvironmentInputs,
  engineNodeId: string,
): Environment {
  const { esplora, simulator } = urlsOf(ports);
  return {
    NETWORK: "regtest",
    HTTP_LISTEN: local(ports.merchant),
    LIGHTNING_TCP_LISTEN: local(ports.merchantTcp),
    STATE_DIR: path.join(home, "merchant"),
    SEED_FILE: secrets.merchantSeedFile,
    ESPLORA_URL: esplora,
    ENGINE_PEER: `${engineNodeId}@${local(ports.engineTcp)}`,
    RATES_COINBASE_URL: `${simulator}/rates/coinbase`,
    ...extra?.merchant,
  };
}
