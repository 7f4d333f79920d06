import { readValue } from "../world/settings.ts";
import { integer, word } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import { shifted, randomWalk } from "./walk.ts";

export const priceSources = ["coinbase", "yadio", "kraken", "bitstamp", "er_api"] as const;
export type PriceSource = (typeof priceSources)[number];

/**
 * Faults of a feed. `stale`: price and time stop, already too old. `frozen`: the price stops, and the time goes on.
 * `outlier`: 20 % too high. `jumped`: 8 % higher, as after a crash of the market; plausible if others say the same.
 */
export const priceBehaviours = [
  "stale",
  "frozen",
  "outlier",
  "jumped",
  "down",
  "malformed",
] as const;
export type PriceBehaviour = (typeof priceBehaviours)[number];

export type Quote = {
  /** Cents (KES or USD) per bitcoin; for er_api, ten-thousandths of KES per USD. */
  readonly price: bigint;
  /** Time of the price, in ms since 1970. */
  readonly at: number;
};

/** USD 84,000.00 per bitcoin. */
const baseUsdCents = 8_400_000n;
/** KES 129.5000 per USD. */
const baseKesPerUsd = 1_295_000n;
/** Each exchange's own deviation from the common price, as a share of the random walk's range. */
const exchangeDeviation = 0.08;

const shiftPartsPerMillion = { outlier: 200_000, jumped: 80_000 } as const;
const dayMs = 24 * 3_600_000;

/** The age of a stale feed when the fault starts: more than clients should accept. */
function staleByMs(source: PriceSource): number {
  return source === "er_api" ? 3 * dayMs : 10 * 60_000;
}

/** The simulated prices of all sources: a common random walk, from which each exchange deviates a little. */
export class Prices {
  readonly #world: World;
  readonly #seed: string;

  constructor(world: World) {
    this.#world = world;
    this.#seed = readValue(world.database, "price_seed") ?? "seed";
  }

  /** The price that the source reports now; null when it is down. */
  quote(source: PriceSource): Quote | null {
    const fault = this.behaviour(source);
    if (fault?.behaviour === "down") return null;
    const at =
      fault?.behaviour === "stale" ? fault.since - staleByMs(source) : this.#world.clock.now();
    switch (fault?.behaviour) {
      case "frozen":
        return { ...this.#priceWithoutFault(source, fault.since), at };
      case "outlier":
      case "jumped": {
        const quote = this.#priceWithoutFault(source, at);
        return { ...quote, price: shifted(quote.price, shiftPartsPerMillion[fault.behaviour]) };
      }
      default:
        return this.#priceWithoutFault(source, at);
    }
  }

  behaviour(
    source: PriceSource,
  ): { readonly behaviour: PriceBehaviour; readonly since: number } | undefined {
    const row = this.#world.database.get("SELECT * FROM price_switch WHERE source = ?", source);
    return row === undefined
      ? undefined
      : {
          behaviour: word(row, "behaviour", priceBehaviours),
          since: integer(row, "since"),
        };
  }

  setBehaviour(source: PriceSource, behaviour: PriceBehaviour | null): void {
    const { database, clock, changes } = this.#world;
    database.run("DELETE FROM price_switch WHERE source = ?", source);
    if (behaviour !== null) {
      database.run(
        "INSERT INTO price_switch (source, behaviour, since) VALUES (?, ?, ?)",
        source,
        behaviour,
        clock.now(),
      );
    }
    changes.notify("control", "change");
  }

  #priceWithoutFault(source: PriceSource, at: number): Quote {
    if (source === "er_api") {
      const midnight = Math.floor(at / dayMs) * dayMs;
      const drift = Math.round(randomWalk(`${this.#seed}:kes`, midnight) / 10);
      return { price: shifted(baseKesPerUsd, drift), at: midnight };
    }
    const ownDeviation = Math.round(randomWalk(`${this.#seed}:${source}`, at) * exchangeDeviation);
    const usdCents = shifted(baseUsdCents, randomWalk(`${this.#seed}:btc`, at) + ownDeviation);
    if (source === "kraken" || source === "bitstamp") return { price: usdCents, at };
    const kesPerUsd = this.#priceWithoutFault("er_api", at).price;
    return { price: (usdCents * kesPerUsd) / 10_000n, at };
  }
}
