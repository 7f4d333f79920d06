import { normalizeMsisdn } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { SearchKey, SearchTerm } from "./ports.ts";

type Recogniser = (
  text: string,
  paymentHashOf: (invoice: string) => string | null,
) => string | null;

const matching =
  (pattern: RegExp, normalise: (text: string) => string = (text) => text): Recogniser =>
  (text) =>
    pattern.test(text) ? normalise(text) : null;

const lower = (text: string) => text.toLowerCase();
const upper = (text: string) => text.toUpperCase();
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How each kind of key is recognised, and the form in which it is stored. Null: the text is no such key. */
const recognisers: Readonly<Record<SearchKey, Recogniser>> = {
  order: matching(uuid, lower),
  wallet: (text) =>
    uuid.test(text) || /^0[23][0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null,
  payment_hash: (text, paymentHashOf) =>
    /^[0-9a-f]{64}$/i.test(text)
      ? text.toLowerCase()
      : paymentHashOf(text.toLowerCase().replace(/^lightning:/, "")),
  // M-Pesa's receipts have ten characters, with digits among the letters.
  receipt: matching(/^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{8,12}$/, upper),
  checkout_request_id: matching(/^ws_CO_[A-Za-z0-9]{6,60}$/i, (text) =>
    text.replace(/^ws_co_/i, "ws_CO_"),
  ),
  // Ours have 20 letters and digits; M-Pesa's begin with AG_ or have dashes.
  conversation_id: matching(/^(?=.*\d)[A-Za-z0-9_.-]{12,64}$/),
  phone: (text) => {
    const msisdn = normalizeMsisdn(text);
    return msisdn.ok ? msisdn.value : null;
  },
  name: (text) => {
    const words = text
      .normalize("NFC")
      .split(/[^\p{L}\p{M}]+/u)
      .filter((word) => word.length > 0);
    return words.length === 0 || words.length > 6 || /\d/.test(text)
      ? null
      : words.map(lower).join(" ");
  },
};

/**
 * What a text could be: a receipt and a name can look alike, so all that fit are searched. With `key`, only that.
 * @param paymentHashOf reads an invoice's payment hash; null if the text is no invoice.
 */
export function recogniseSearch(
  text: string,
  key: SearchKey | undefined,
  paymentHashOf: (invoice: string) => string | null,
): Result<readonly SearchTerm[], "invalid_request"> {
  const keys = key === undefined ? (Object.keys(recognisers) as SearchKey[]) : [key];
  const terms = keys.flatMap((candidate) => {
    const value = recognisers[candidate](text, paymentHashOf);
    return value === null ? [] : [{ key: candidate, value }];
  });
  return terms.length === 0
    ? err(
        "invalid_request",
        "This is no receipt, phone number, name, payment hash, invoice, id of M-Pesa's, wallet or order.",
        "never",
      )
    : ok(terms);
}
