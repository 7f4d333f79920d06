import { sha256 } from "@noble/hashes/sha2.js";
import type { NetworkName } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { bech32, bech32m, createBase58check } from "@scure/base";

const base58check = createBase58check(sha256);

type Network = NetworkName;
/** The human-readable part of segwit addresses. */
export const addressPrefixes: Readonly<Record<Network, string>> = {
  bitcoin: "bc",
  testnet: "tb",
  testnet4: "tb",
  signet: "tb",
  regtest: "bcrt",
};
/** Version bytes of P2PKH and P2SH. */
const versions: Readonly<Record<Network, readonly number[]>> = {
  bitcoin: [0x00, 0x05],
  testnet: [0x6f, 0xc4],
  testnet4: [0x6f, 0xc4],
  signet: [0x6f, 0xc4],
  regtest: [0x6f, 0xc4],
};

/** Checks an address and its network, and returns it in canonical form (bech32 in lower case). */
export function readAddress(
  text: string,
  network: Network,
): Result<string, "address_malformed" | "address_wrong_network"> {
  const lower = text.toLowerCase();
  const isBech32 = Object.values(addressPrefixes).some((prefix) => lower.startsWith(`${prefix}1`));
  const found = isBech32 ? readSegwit(text) : readBase58(text);
  if (found === undefined) {
    return err(
      "address_malformed",
      "This address is misspelled. Nothing was sent; check it and try again.",
      "never",
    );
  }
  const isValid =
    "prefix" in found
      ? found.prefix === addressPrefixes[network]
      : versions[network].includes(found.version);
  return isValid
    ? ok(found.address)
    : err(
        "address_wrong_network",
        `This address is not for ${network}, the network of this wallet.`,
        "never",
      );
}

/** Decodes a segwit address (BIP 173, BIP 350). Undefined if it is malformed. */
function readSegwit(
  text: string,
): { readonly address: string; readonly prefix: string } | undefined {
  for (const [code, acceptsVersion] of [
    [bech32, (version: number) => version === 0],
    [bech32m, (version: number) => version >= 1 && version <= 16],
  ] as const) {
    const found = code.decodeUnsafe(text, 90);
    if (found === undefined) continue;
    const [version, ...words] = found.words;
    const program = code.fromWordsUnsafe(words);
    if (version === undefined || !(program instanceof Uint8Array) || !acceptsVersion(version))
      continue;
    const { length } = program;
    const isValid = version === 0 ? length === 20 || length === 32 : length >= 2 && length <= 40;
    if (isValid) return { address: text.toLowerCase(), prefix: found.prefix.toLowerCase() };
  }
  return undefined;
}

function readBase58(
  text: string,
): { readonly address: string; readonly version: number } | undefined {
  try {
    const bytes = base58check.decode(text);
    return bytes.length === 21 ? { address: text, version: bytes[0] ?? -1 } : undefined;
  } catch {
    return undefined;
  }
}
