/** The wallet's node, in a home of its own: see `docs/port.md` of packages/wallet. */
export { forgetWallet, listWallets, openWalletClient, prepareHome } from "./open-wallet";
export type { OpenOptions, OpenedWallet } from "./types.ts";
export { WalletProvider, useSnapshot, useWallet } from "./use-wallet.ts";
