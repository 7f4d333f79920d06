/** The wallet's node, in a home of its own: `docs/app.md`. */
export { forgetWallet, listWallets, openWalletClient, prepareHome } from "./open-wallet";
export { WalletProvider, useSnapshot } from "./use-wallet.ts";
