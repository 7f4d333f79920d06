import type { ReceiveTerms } from "@satsconnect/wallet/client";

/**
 * What opening a channel for a payment costs: the larger of the least fee and the share of the payment (bLIP 52); null
 * while the operator has not said.
 */
export function openingFee(amountMsat: bigint, terms: ReceiveTerms): bigint | null {
  if (terms.minOpeningFeeMsat === null) return null;
  const least = BigInt(terms.minOpeningFeeMsat);
  const partsPerMillion = BigInt(terms.openingFeePartsPerMillion ?? 0);
  const share = (amountMsat * partsPerMillion + 999_999n) / 1_000_000n;
  return share > least ? share : least;
}

export type ReceiveCheck =
  /** Fits into what is open; nothing is charged. */
  | { readonly kind: "fits" }
  /** No amount, and room for one of the payer's choice. */
  | { readonly kind: "any" }
  /** No room yet: a channel needs an amount. */
  | { readonly kind: "amount_needed" }
  | { readonly kind: "opens_channel" }
  | { readonly kind: "below_minimum"; readonly minimumMsat: bigint }
  | { readonly kind: "above_maximum"; readonly maximumMsat: bigint };

/** What a code for an amount means, before it is made; what is not known is let through for the wallet to judge. */
export function checkReceiveAmount(amountMsat: bigint, terms: ReceiveTerms | null): ReceiveCheck {
  if (terms === null) return amountMsat === 0n ? { kind: "any" } : { kind: "fits" };
  const room = BigInt(terms.receivableMsat);
  if (amountMsat === 0n) return room > 0n ? { kind: "any" } : { kind: "amount_needed" };
  if (amountMsat <= room) return { kind: "fits" };
  if (terms.minMsat !== null) {
    const minimum = BigInt(terms.minMsat);
    if (amountMsat < minimum) return { kind: "below_minimum", minimumMsat: minimum };
  }
  if (terms.maxMsat !== null) {
    const maximum = BigInt(terms.maxMsat);
    if (amountMsat > maximum) return { kind: "above_maximum", maximumMsat: maximum };
  }
  return { kind: "opens_channel" };
}
