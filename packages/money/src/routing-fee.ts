import { partsPerMillionOfMsat } from "./arithmetic.ts";
import { msat } from "./units.ts";
import type { Msat } from "./units.ts";

const maxFeePartsPerMillion = 10_000n;
const minFeeLimitMsat = msat(10_000n);

/**
 * The most a payment of `amountMsat` may cost in routing fees: 1 %, rounded up to a millisatoshi, and at least 10 sat,
 * because a small payment needs that much to find any route.
 */
export function maxRoutingFee(amountMsat: Msat): Msat {
  const share = partsPerMillionOfMsat(amountMsat, maxFeePartsPerMillion, "ceil");
  return share > minFeeLimitMsat ? share : minFeeLimitMsat;
}
