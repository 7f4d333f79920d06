import { sha256 } from "@noble/hashes/sha2.js";
import type { NetworkName } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { bech32, bech32m, createBase58check } from "@scure/base";

const base58check = createBase58check(sha256);
const msatPerBitcoin = 100_000_000_000n;

type Network = NetworkName;
const prefixes: Readonly<Record<Network, string>> = {
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

/** The payment requested by a text. */
export type PaymentText = {
  /** A BOLT 11 invoice in lower case, not decoded. */
  readonly invoice: string | null;
  readonly address: string | null;
  readonly amountMsat: bigint | null;
  readonly label: string | null;
  readonly message: string | null;
};

type ErrorCode =
  | "text_unknown"
  | "uri_malformed"
  | "address_malformed"
  | "address_wrong_network"
  | "offer_unsupported"
  | "lnurl_unsupported"
  | "seed_words";

const empty: PaymentText = {
  invoice: null,
  address: null,
  amountMsat: null,
  label: null,
  message: null,
};

/**
 * Parses a BOLT 11 invoice, an on-chain address, or a URI with either: `lightning:`, or `bitcoin:` (BIP 21, BIP 321).
 * Works offline.
 */
export function parsePaymentText(input: string, network: Network): Result<PaymentText, ErrorCode> {
  const text = input.trim();
  if (text === "" || text.length > 10_000)
    return err("text_unknown", "Not an invoice, an address or a payment link.", "never");
  const lower = text.toLowerCase();
  if (lower.startsWith("bitcoin:")) return readUri(text.slice("bitcoin:".length), network);
  const plain = /^lightning:(?:\/\/)?/u.test(lower) ? text.slice(lower.indexOf(":") + 1) : text;
  return readPlain(plain.replace(/^\/\//u, ""), network);
}

function readPlain(text: string, network: Network): Result<PaymentText, ErrorCode> {
  const lower = text.toLowerCase();
  // LNURLs and BOLT 12 offers start with `ln` like invoices do
  if (lower.startsWith("lnurl1")) return lnurl();
  if (/^(?:lnurl[pwc]|keyauth):/u.test(lower) || /^https?:.*[?&]lightning=lnurl1/u.test(lower))
    return lnurl();
  if (lower.startsWith("lno1")) return offer();
  if (/^ln(?:bc|tb|tbs|bcrt)[0-9]*[munp]?1[a-z0-9]+$/u.test(lower))
    return ok({ ...empty, invoice: lower });
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(text)) return lnurl();
  if (/^(?:[a-z]+\s+){11,23}[a-z]+$/u.test(lower)) {
    return err(
      "seed_words",
      "This looks like a wallet's recovery phrase. Do not show it to anyone.",
      "never",
    );
  }
  if (!/^[a-zA-Z0-9]{14,100}$/u.test(text))
    return err("text_unknown", "Not an invoice, an address or a payment link.", "never");
  const address = readAddress(text, network);
  return address.ok ? ok({ ...empty, address: address.value }) : address;
}

function readUri(text: string, network: Network): Result<PaymentText, ErrorCode> {
  const [first = "", query = ""] = splitOnce(text.replace(/^\/\//u, ""), "?");
  const parameters = new Map<string, string>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [rawName, rawValue] = splitOnce(part, "=");
    const name = rawName.toLowerCase();
    const value = decoded(rawValue);
    if (value === undefined) return malformed("a parameter that cannot be decoded");
    // BIP 321 allows several invoices and offers; other parameters must not repeat
    if (parameters.has(name)) {
      if (name === "lightning" || name === "lno") continue;
      return malformed(`more than one “${name.slice(0, 20)}” parameter`);
    }
    if (name.startsWith("req-"))
      return malformed(
        `a required parameter that this wallet does not support, “${name.slice(0, 20)}”,`,
      );
    parameters.set(name, value);
  }
  const amountMsat = readBitcoin(parameters.get("amount"));
  if (amountMsat === undefined) return malformed("a malformed amount");
  const addressText = first === "" ? (parameters.get(prefixes[network]) ?? "") : first;
  const address = addressText === "" ? ok(null) : readAddress(addressText, network);
  if (!address.ok) return address;
  const lightning = parameters.get("lightning");
  const invoice = lightning === undefined ? ok(empty) : readPlain(lightning, network);
  // if there is an address, an invoice that cannot be read is ignored
  if (!invoice.ok && address.value === null) return invoice;
  const found: PaymentText = {
    invoice: invoice.ok ? invoice.value.invoice : null,
    address: address.value,
    amountMsat,
    label: parameters.get("label") ?? null,
    message: parameters.get("message") ?? null,
  };
  if (found.invoice !== null || found.address !== null) return ok(found);
  return parameters.has("lno") ? offer() : malformed("neither an address nor an invoice");
}

/** Checks an address and its network, and returns it in canonical form (bech32 in lower case). */
export function readAddress(
  text: string,
  network: Network,
): Result<string, "address_malformed" | "address_wrong_network"> {
  const lower = text.toLowerCase();
  const isBech32 = Object.values(prefixes).some((prefix) => lower.startsWith(`${prefix}1`));
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
      ? found.prefix === prefixes[network]
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

/** Parses decimal bitcoin (at most 8 decimals) to msat. Null if absent, undefined if malformed. */
function readBitcoin(text: string | undefined): bigint | null | undefined {
  if (text === undefined) return null;
  const match = /^(\d{1,8})(?:\.(\d{1,8}))?$|^\.(\d{1,8})$/u.exec(text);
  if (match === null) return undefined;
  const whole = BigInt(match[1] ?? "0");
  const decimals = BigInt((match[2] ?? match[3] ?? "").padEnd(8, "0"));
  return whole * msatPerBitcoin + decimals * 1_000n;
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const malformed = (problem: string) =>
  err("uri_malformed" as const, `This payment link has ${problem}.`, "never");
const offer = () =>
  err("offer_unsupported" as const, "This wallet cannot pay BOLT 12 offers yet.", "never");
const lnurl = () =>
  err(
    "lnurl_unsupported" as const,
    "This wallet cannot pay LNURLs and Lightning addresses yet. Ask for an invoice.",
    "never",
  );
