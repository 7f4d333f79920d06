/** Names the place of a wallet's state on this device; says nothing of the wallet. */
export function newWalletStorageId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
