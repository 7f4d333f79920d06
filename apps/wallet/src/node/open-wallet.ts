import type { OpenOptions, OpenedWallet } from "./types.ts";

/** Starts the wallet's node, or says who has it. The client is there at once; its snapshot says how far the node is. */
export async function openWalletClient(options: OpenOptions): Promise<OpenedWallet> {
  options.seed.fill(0);
  throw new Error("This platform has no home yet");
}

/** The wallets that have state on this device. */
export async function listWallets(): Promise<readonly string[]> {
  return [];
}

/** Begins to load what a home needs. */
export function prepareHome(): void {}

/** Deletes everything that this device keeps of a wallet. Its client must be closed. */
export async function forgetWallet(walletId: string): Promise<void> {
  throw new Error(`This platform has no place for ${walletId}`);
}
