/** The wallet's Lightning node, which runs in a Web Worker or a hidden web view: see `docs/app.md`. */
export { deleteWallet, listWallets, openWalletClient, preloadCore } from "./open-wallet";
export { WalletProvider, useSnapshot } from "./use-wallet.ts";
