import type { Msat } from "./units.ts";
import { msat } from "./units.ts";

const partsPerMillion = 10_000n;
const minFeeLimitMsat = 10_000n;

/**
 * The most that routing a Lightning payment may cost: 1 % of the amount, rounded down, and at least 10 sat. The wallet
 * and the operator apply the same limit.
 */
export function maxRoutingFee(amountMsat: Msat): Msat {
  const share = (amountMsat * partsPerMillion) / 1_000_000n;
  return msat(share > minFeeLimitMsat ? share : minFeeLimitMsat);
}
