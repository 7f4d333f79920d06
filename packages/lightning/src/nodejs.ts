/** Parts of this package that need Node.js. */
export { bitcoindChain } from "./chain/bitcoind.ts";
export type { BitcoindChainOptions } from "./chain/bitcoind.ts";
export { loadCore } from "./core/load-core.ts";
export { postgresStore } from "./store/postgres-store.ts";
export type {
  PostgresStore,
  PostgresStoreOptions,
  StoredValue,
  ValuePlace,
} from "./store/postgres-store.ts";
export { encryptAgain } from "./store/encrypt-again.ts";
export { sqliteStore } from "./store/sqlite-store.ts";
export { clientAddress, parseProxies } from "./transport/client-address.ts";
export type { ProxyCheck } from "./transport/client-address.ts";
export { listenTcp, tcpTransport } from "./transport/tcp.ts";
export { listenWebSocket } from "./transport/web-socket-listener.ts";
