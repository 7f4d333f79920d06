import type { NetworkName } from "@satsconnect/lightning";
import { cleanPasted, err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { addressPrefixes, readAddress } from "./bitcoin-address.ts";
import { brokenInvoiceIn, invoicesIn, isInvoice } from "./invoices-in-text.ts";
import { decodeLeniently, linkAmount, splitLink } from "./payment-link.ts";

/** The payment requested by a text. */
type PaymentText = {
  /** A BOLT 11 invoice in lower case, not decoded. */
  readonly invoice: string | null;
  readonly address: string | null;
  readonly amountMsat: bigint | null;
  readonly label: string | null;
  readonly message: string | null;
};

type ErrorCode =
  | "text_unknown"
  | "text_ambiguous"
  | "uri_malformed"
  | "address_malformed"
  | "address_wrong_network"
  | "offer_unsupported"
  | "lnurl_unsupported"
  | "seed_words";

type Read = Result<PaymentText, ErrorCode>;

const empty: PaymentText = {
  invoice: null,
  address: null,
  amountMsat: null,
  label: null,
  message: null,
};

/** Longer texts are not read. */
const maxLength = 10_000;
/** A scheme is sometimes written twice, or before a link that has one: `lightning:lightning:…`. */
const scheme = /^(?:web\+)?(bitcoin|lightning)\s*:\s*(?:\/\/)?\s*/iu;
const encodedScheme = /^(?:bitcoin|lightning)%3a/iu;
const linkInside = /(?<![a-z0-9:])bitcoin:[^\s"'<>]+/iu;
const maxSchemes = 4;

/**
 * Reads a BOLT 11 invoice, an on-chain address, or a link with either: `lightning:`, or `bitcoin:` (BIP 21, BIP 321). The
 * text may have been wrapped, quoted or copied with the message around it. What could mean two payments is refused. Works
 * offline.
 */
export function parsePaymentText(input: string, network: NetworkName): Read {
  const text = input.length > maxLength ? "" : cleanPasted(input);
  return readText(text.replaceAll(/^["'<([{\s]+|["'>)\]}\s]+$/gu, ""), network, maxSchemes);
}

function readText(text: string, network: NetworkName, schemesLeft: number): Read {
  if (schemesLeft === 0) return unknown();
  if (encodedScheme.test(text)) return readText(decodeLeniently(text), network, schemesLeft - 1);
  const found = scheme.exec(text);
  if (found === null) return readPlain(text, network, schemesLeft);
  const rest = text.slice(found[0].length);
  return found[1]?.toLowerCase() === "lightning" || scheme.test(rest)
    ? readText(rest, network, schemesLeft - 1)
    : readLink(rest, network, schemesLeft);
}

function readPlain(text: string, network: NetworkName, schemesLeft: number): Read {
  const lower = text.toLowerCase();
  // LNURLs and BOLT 12 offers start with `ln` like invoices do
  if (/^(?:lnurl1|lnurl[pwc]:|keyauth:)/u.test(lower)) return lnurl();
  if (lower.startsWith("lno1")) return offer();
  if (/^https?:\/\//u.test(lower)) {
    const [inLink] = splitLink(text).values("lightning");
    if (inLink !== undefined) return readText(cleanPasted(inLink), network, schemesLeft - 1);
  }
  if (/^[^\s@:/]+@[^\s@]+\.[^\s@]+$/u.test(text)) return lnurl();
  const invoices = invoicesIn(text);
  const addresses = addressesIn(text, network);
  if (invoices.length > 1 || addresses.length > 1) return ambiguous();
  const [invoice = null] = invoices;
  const [address = null] = addresses;
  const link = linkInside.exec(text)?.[0];
  const inside = link === undefined ? undefined : readText(link, network, schemesLeft - 1);
  if (inside?.ok === true) return ok({ ...inside.value, invoice: invoice ?? inside.value.invoice });
  if (invoice !== null || address !== null) return ok({ ...empty, invoice, address });
  return inside ?? withoutPayment(text, network);
}

/** A text without a payment: one that is broken, or of a kind that this wallet cannot pay. */
function withoutPayment(text: string, network: NetworkName): Read {
  const lower = text.toLowerCase();
  const invoice = brokenInvoiceIn(text);
  // the node that decodes it says what is wrong with it
  if (invoice !== null) return ok({ ...empty, invoice });
  if (/(?<![a-z0-9])lnurl1[a-z0-9]{20,}/u.test(lower)) return lnurl();
  if (/(?<![a-z0-9])lno1[a-z0-9]{20,}/u.test(lower)) return offer();
  if (looksLikeRecoveryWords(lower)) {
    return err(
      "seed_words",
      "This looks like a wallet's recovery phrase. Do not show it to anyone.",
      "never",
    );
  }
  if (!/^[a-z0-9]{14,100}$/iu.test(text)) return unknown();
  const address = readAddress(text, network);
  return address.ok ? ok({ ...empty, address: address.value }) : address;
}

/** Twelve words or more of the length that BIP 39's words have, also numbered or listed. */
function looksLikeRecoveryWords(lower: string): boolean {
  const words = lower.match(/[^\s\d.,;:|()_'"#-]+/gu) ?? [];
  return (
    words.length >= 12 && words.length <= 24 && words.every((word) => /^[a-z]{3,8}$/u.test(word))
  );
}

function addressesIn(text: string, network: NetworkName): readonly string[] {
  const found = new Set<string>();
  for (const [candidate] of text.matchAll(/[a-z0-9]{14,100}/giu)) {
    const address = readAddress(candidate, network);
    if (address.ok) found.add(address.value);
  }
  return [...found];
}

function readLink(text: string, network: NetworkName, schemesLeft: number): Read {
  const link = splitLink(text);
  const required = link.names.find((name) => name.startsWith("req-"));
  if (required !== undefined)
    return malformed(
      `a required parameter that this wallet does not support, “${required.slice(0, 20)}”,`,
    );
  const inParameters = link
    .values("lightning")
    .map((value) => readText(cleanPasted(value), network, schemesLeft - 1));
  const stated = inParameters.flatMap((read) =>
    read.ok && read.value.invoice !== null ? [read.value.invoice] : [],
  );
  // wherever else a program has put it
  const [inText, ...others] = invoicesIn(text);
  const elsewhere = others.length === 0 ? inText : undefined;
  const invoice = stated.find(isInvoice) ?? elsewhere ?? stated[0] ?? null;
  const address = linkAddress(link.body, link.values(addressPrefixes[network]), network);
  // a link for another network does not become one for this network by its invoice
  if (!address.ok && (invoice === null || address.error.code === "address_wrong_network"))
    return address;
  const amountMsat = linkAmount(link.values("amount"));
  const repeated = ["label", "message", "pop"].find((name) => link.values(name).length > 1);
  if (invoice === null) {
    if (amountMsat === undefined) return malformed("an amount that cannot be read");
    // BIP 321: these parameters must not repeat
    if (repeated !== undefined) return malformed(`more than one “${repeated}” parameter`);
  }
  const found = {
    invoice,
    address: address.ok ? address.value : null,
    amountMsat: amountMsat ?? null,
    label: link.values("label")[0] ?? null,
    message: link.values("message")[0] ?? null,
  };
  if (found.invoice !== null || found.address !== null) return ok(found);
  const refusal = inParameters.find((read) => !read.ok);
  if (refusal !== undefined) return refusal;
  return link.names.includes("lno") ? offer() : malformed("neither an address nor an invoice");
}

/** The address of a link: before its parameters, or as BIP 321's parameter of the network, which may repeat. */
function linkAddress(
  body: string,
  inParameters: readonly string[],
  network: NetworkName,
): Result<string | null, "address_malformed" | "address_wrong_network"> {
  const texts = [body, ...inParameters]
    .map((text) => cleanPasted(text).replaceAll(/\s|^[^a-z0-9]+|[^a-z0-9]+$/giu, ""))
    .filter((text) => text !== "");
  const read = texts.map((text) => readAddress(text, network));
  const [first] = read;
  if (first === undefined) return ok(null);
  if (!first.ok && first.error.code === "address_wrong_network") return first;
  return read.find(({ ok: isAddress }) => isAddress) ?? first;
}

const unknown = () =>
  err("text_unknown" as const, "Not an invoice, an address or a payment link.", "never");
const ambiguous = () =>
  err(
    "text_ambiguous" as const,
    "There is more than one code here. Copy only the one to pay.",
    "never",
  );
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
