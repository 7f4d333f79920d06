/** What an app runs a wallet's home with: browser-safe, small. */
export type { Notes } from "../storage/key-value-store.ts";
export { cloneEncoding, textEncoding } from "../port/encoding.ts";
export { pageBegin, pageReady } from "../port/greeting.ts";
export type { Pipe } from "../port/link.ts";
export { portPipe } from "../port/port-pipe.ts";
export { serveHome } from "./worker-services.ts";
export { hostWallet } from "./wallet-client.ts";
export type { HostedWallet, StartedHome, WalletClientOptions } from "./wallet-client.ts";
