import { divide, msatPerBtc, rate } from "@satsconnect/money";
import type { Rate } from "@satsconnect/money";
import { pricePolicy } from "../domain/policy.ts";
import { createRandom } from "./random.ts";
import { minute, second } from "./world.ts";

/** The market's price, and what the api's feeds say of it. */
export type Market = {
  readonly at: (time: number) => Rate<"KES">;
  /** The feeds' answer: the market's price a little while before, and more spread after a jump. */
  readonly fed: (now: number) => { rate: Rate<"KES">; extraSpreadPartsPerMillion: bigint };
  /** The lowest price between two times. */
  readonly lowest: (from: number, until: number) => Rate<"KES">;
  /** The times at which the price changed. */
  readonly changes: (from: number, until: number) => readonly number[];
};

const stepMs = 15 * second;
const firstCents = 1_000_000_000;
/** A bitcoin's price moves by some 0.1 % a minute on a lively day. */
const movesPerMinute = [0.0005, 0.001, 0.002] as const;
const hoursBetweenJumps = [4, 12, 48] as const;

/** A random walk with jumps of 1 to 6 %, up or down. It drifts nowhere, so that nobody gains by waiting alone. */
export function createMarket(seed: number, startAt: number): Market {
  const random = createRandom(seed ^ 0x6d61_726b);
  const perStep = random.pick(movesPerMinute) * Math.sqrt(stepMs / minute);
  const jumps = stepMs / (random.pick(hoursBetweenJumps) * 60 * minute);
  const feedLagMs = random.pick([5 * second, 20 * second, 90 * second]);
  const prices = [firstCents];

  function step(before: number): number {
    const jump = random.chance(jumps) ? (random.chance(0.5) ? 1 : -1) * (1 + 5 * random.next()) : 0;
    // Three uniform numbers make a bell, of variance 1 after scaling.
    const bell = 2 * (random.next() + random.next() + random.next()) - 3;
    const move = perStep * bell + jump / 100;
    const next = before * Math.exp(move - (perStep * perStep) / 2);
    return Math.min(Math.max(next, firstCents / 4), firstCents * 4);
  }

  function centsAt(time: number): number {
    const index = Math.max(0, Math.floor((time - startAt) / stepMs));
    for (let last = prices.at(-1) ?? firstCents; prices.length <= index;) {
      last = step(last);
      prices.push(last);
    }
    return prices[index] ?? firstCents;
  }

  const at = (time: number) => rate("KES", BigInt(Math.round(centsAt(time))));
  return {
    at,
    fed: (now) => {
      const seen = now - feedLagMs;
      const moved = Math.abs(centsAt(seen) / centsAt(seen - pricePolicy.jumpWindowMs) - 1);
      const jumped = moved * 1_000_000 > Number(pricePolicy.jumpPartsPerMillion);
      return {
        rate: at(seen),
        extraSpreadPartsPerMillion: jumped ? pricePolicy.jumpSpreadPartsPerMillion : 0n,
      };
    },
    lowest: (from, until) => {
      let cents = centsAt(from);
      for (let time = from; time <= until; time += stepMs) cents = Math.min(cents, centsAt(time));
      return rate("KES", BigInt(Math.round(cents)));
    },
    changes: (from, until) => {
      const times = [from];
      const first = startAt + Math.ceil((from - startAt) / stepMs) * stepMs;
      for (let time = first; time < until; time += stepMs) times.push(time);
      return times;
    },
  };
}

/** The value of sats, in cents. */
export function worth(amountMsat: bigint, { minorUnits, btc }: Rate<"KES">): bigint {
  return divide(amountMsat * minorUnits, btc * msatPerBtc, "floor");
}
