/** The wallet's node, in a home of its own: `docs/app.md`. */
export { deleteWallet, listWallets, openWalletClient, preloadCore } from "./open-wallet";
export { WalletProvider, useSnapshot } from "./use-wallet.ts";
