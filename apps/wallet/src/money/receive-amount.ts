import type { ReceiveTerms } from "@satsconnect/wallet/client";

/**
 * The fee for opening a channel for a payment: the larger of the minimum fee and the proportional fee (bLIP 52); null
 * while the operator's terms are unknown.
 */
export function openingFee(amountMsat: bigint, terms: ReceiveTerms): bigint | null {
  if (terms.minOpeningFeeMsat === null) return null;
  const minFee = BigInt(terms.minOpeningFeeMsat);
  const partsPerMillion = BigInt(terms.openingFeePartsPerMillion ?? 0);
  const share = (amountMsat * partsPerMillion + 999_999n) / 1_000_000n;
  return share > minFee ? share : minFee;
}

export type ReceiveCheck =
  /** Fits into the inbound capacity; free of charge. */
  | { readonly kind: "fits" }
  /** No amount chosen; there is inbound capacity for one of the payer's choice. */
  | { readonly kind: "any" }
  /** No inbound capacity: opening a channel needs an amount. */
  | { readonly kind: "amount_needed" }
  | { readonly kind: "opens_channel" }
  | { readonly kind: "below_minimum"; readonly minimumMsat: bigint }
  | { readonly kind: "above_maximum"; readonly maximumMsat: bigint };

/** Checks an amount to receive before an invoice is created. Without terms it passes: the wallet checks it again. */
export function checkReceiveAmount(amountMsat: bigint, terms: ReceiveTerms | null): ReceiveCheck {
  if (terms === null) return amountMsat === 0n ? { kind: "any" } : { kind: "fits" };
  const capacity = BigInt(terms.receivableMsat);
  if (amountMsat === 0n) return capacity > 0n ? { kind: "any" } : { kind: "amount_needed" };
  if (amountMsat <= capacity) return { kind: "fits" };
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
