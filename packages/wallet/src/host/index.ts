/** For the app that runs a wallet in a worker or a WebView. Small, and safe to load in a browser. */
export type { KeyValueStore } from "../storage/key-value-store.ts";
export { cloneEncoding, textEncoding } from "../port/encoding.ts";
export { pageBegin, pageReady } from "../port/greeting.ts";
export type { Pipe } from "../port/link.ts";
export { portPipe } from "../port/port-pipe.ts";
export { serveWorker } from "./worker-services.ts";
export { hostWallet } from "./wallet-client.ts";
export type { HostedWallet, StartedWorker, WalletClientOptions } from "./wallet-client.ts";
