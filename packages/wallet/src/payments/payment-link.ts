import { cleanPasted } from "@satsconnect/money";

/*
 * The parts of a payment link (BIP 21, BIP 321). Links are written by hand and by many programs: a part that is odd must
 * not cost the others.
 */

/** One satoshi is the smallest amount that a link can state. */
const decimals = 8;
const msatPerBitcoin = 100_000_000_000n;
const maxMsat = 21_000_000n * msatPerBitcoin;

/** The parts of a link after its scheme. */
export type PaymentLink = {
  /** The part before the parameters: an address, or nothing. */
  readonly body: string;
  /** The values of a parameter in their order. Names are in lower case. */
  readonly values: (name: string) => readonly string[];
  readonly names: readonly string[];
};

export function splitLink(text: string): PaymentLink {
  const isEncodedWhole = !text.includes("?") && /%3f/iu.test(text);
  const [body, rest] = splitOnce(isEncodedWhole ? decodeLeniently(text) : text, "?");
  // a fragment ends the link, unless a label contains an unencoded number sign
  const query = rest.replace(/#[^&]*$/u, "");
  const parameters = query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const [name, value] = splitOnce(part, "=");
      // copied from the source of a web page, "&" is "&amp;"
      const plainName = decodeLeniently(name).toLowerCase().replace(/^amp;/u, "").trim();
      return [plainName, decodeLeniently(value)] as const;
    });
  return {
    body: body.replace(/#.*$/u, ""),
    names: parameters.map(([name]) => name),
    values: (name) => parameters.filter(([other]) => other === name).map(([, value]) => value),
  };
}

/**
 * Decodes percent-encoding. A percent sign that encodes nothing stands for itself, and bytes that are not UTF-8 are
 * Latin-1, as old programs write them.
 */
export function decodeLeniently(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/giu, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded.replaceAll(/%(..)/gu, (_, hex: string) =>
        String.fromCodePoint(Number.parseInt(hex, 16)),
      );
    }
  });
}

/**
 * The amount of a link in msat; null if it states none. Undefined if it cannot be told: malformed, smaller than a satoshi
 * can express, more than there can be, or stated twice.
 */
export function linkAmount(values: readonly string[]): bigint | null | undefined {
  const [text, ...others] = values.map((value) => cleanPasted(value));
  if (text === undefined || (text === "" && others.length === 0)) return null;
  if (others.length > 0) return undefined;
  const match = /^(\d{0,20})(?:\.(\d{0,40}))?$/u.exec(text);
  const whole = match?.[1] ?? "";
  const places = (match?.[2] ?? "").replace(/0+$/u, "");
  if (match === null || !/\d/u.test(text) || places.length > decimals) return undefined;
  const amount =
    BigInt(whole === "" ? "0" : whole) * msatPerBitcoin +
    BigInt(places.padEnd(decimals, "0")) * 1_000n;
  return amount > maxMsat ? undefined : amount;
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}
