/** What an app runs a wallet's home with: browser-safe, small. */
export type { Notes } from "../notes.ts";
export { cloneEncoding, textEncoding } from "./encoding.ts";
export { pageBegin, pageReady } from "./greeting.ts";
export type { Pipe } from "./link.ts";
export { portPipe } from "./port-pipe.ts";
export { serveHome } from "./services.ts";
export { hostWallet } from "./wallet-client.ts";
export type { HostedWallet, StartedHome, WalletClientOptions } from "./wallet-client.ts";
