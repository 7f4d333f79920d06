/** The wallet's node, in a home of its own: see `docs/port.md` of packages/wallet. */
export { forgetWallet, listWallets, openWalletClient, prepareHome } from "./open-wallet";
export { WalletProvider, useSnapshot } from "./use-wallet.ts";
