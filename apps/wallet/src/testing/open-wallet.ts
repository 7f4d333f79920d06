import type { WalletClient } from "@satsconnect/wallet/client";
import { fixtureWallet } from "./fixture-wallet.ts";

/* Replaces `node/open-wallet` in the bundle of frames: no wallet is opened, and the frame chooses the outcome. */

export type Opening = "open" | "pending" | "held" | "fails";

let opening: Opening = "open";

export function setOpening(next: Opening): void {
  opening = next;
}

type Opened =
  | { readonly kind: "open"; readonly client: WalletClient }
  | { readonly kind: "held"; readonly takeOver: () => Promise<WalletClient> };

export async function openWalletClient(): Promise<Opened> {
  switch (opening) {
    case "pending":
      return new Promise(() => undefined);
    case "held":
      return { kind: "held", takeOver: async () => fixtureWallet() };
    case "fails":
      throw new Error("The storage of this browser is full.");
    case "open":
      return { kind: "open", client: fixtureWallet() };
  }
}

export async function listWallets(): Promise<readonly string[]> {
  return [];
}

export async function deleteWallet(): Promise<void> {}

export function preloadCore(): void {}
