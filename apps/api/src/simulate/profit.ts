import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import { gainNow } from "./adversary.ts";
import type { PromisedPrice } from "./adversary.ts";
import { worth } from "./market.ts";
import type { Market } from "./market.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { SimulatedNode } from "./node.ts";

/*
 * The profit of an adversary, in cents, at the market's price of each moment: sats count when they change hands.
 *
 * - A buy: the sats that arrived and the shillings that came back, less the shillings that were paid.
 * - A sell: the shillings that were paid out, less the sats that were given and not given back.
 *
 * A gain that the operator promised does not count: if the market has moved in the holder's favour while a quote or an offer was
 * valid, the most that it has moved by then is subtracted from a gain. What is left is what somebody gained by holding a
 * price longer than it was given (the free option), or by a price that was wrong already when it was given. Losses are
 * the adversary's costs, and count in full.
 *
 * Left out: orders whose payment M-Pesa took back at the payer's request, and whose held payment the node lost. Neither
 * is the adversary's choice, and the money is a case of its own.
 */
export type Gain = {
  readonly orderId: string;
  readonly way: "buy" | "sell";
  readonly cents: bigint;
};

/** Shillings are whole, and the gains here are counted in millionths of an order. */
const roundingCents = 100n;

type Truth = {
  readonly store: MemoryOrderStore;
  readonly mpesa: SimulatedMpesa;
  readonly node: SimulatedNode;
  readonly market: Market;
};

export function gainsOf(
  { store, mpesa, node, market }: Truth,
  promises: ReadonlyMap<string, readonly PromisedPrice[]>,
): readonly Gain[] {
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const gains: Gain[] = [];
  for (const order of store.orders()) {
    const promised = promises.get(order.id);
    if (promised === undefined) continue;
    const lines = mpesa.statement().filter(({ orderId }) => orderId === order.id);
    const shillings = (...kinds: readonly string[]) =>
      sum(lines.filter(({ kind }) => kinds.includes(kind)).map(({ amount }) => amount));
    if (shillings("reversed_for_payer") > 0n) continue;
    const held = order.kind === "sell" ? order.held : null;
    if (held !== null && node.forgottenAt(held.paymentHash) !== undefined) continue;
    const received = node.paidOut().filter(({ key }) => key.startsWith(`order:${order.id}:`));
    const satsIn = sum(received.map(({ amountMsat, at }) => worth(amountMsat, market.at(at))));
    const given = held === null ? undefined : node.payment(held.paymentHash);
    const satsOut =
      given?.state === "succeeded"
        ? worth(
            given.receivedMsat - sum(received.map(({ amountMsat }) => amountMsat)),
            market.at(node.heldAt(given.paymentHash) ?? 0),
          )
        : 0n;
    const cents =
      order.kind === "buy"
        ? satsIn + shillings("paid_out", "reversed") - shillings("paid_in")
        : shillings("paid_out") - satsOut;
    const most = mostPromised(order.kind, promised, market);
    const beyond = cents > most + roundingCents ? cents - most : 0n;
    gains.push({ orderId: order.id, way: order.kind, cents: cents > 0n ? beyond : cents });
  }
  return gains;
}

/** The most that any of the prices became worth while it was valid, in cents, beyond what it was worth at first. */
function mostPromised(
  kind: Gain["way"],
  promised: readonly PromisedPrice[],
  market: Market,
): bigint {
  let most = 0n;
  for (const { terms, from, until } of promised) {
    const atFirst = Math.max(0, gainNow(kind, terms, market, from));
    for (const time of market.changes(from, until)) {
      const partsPerMillion = BigInt(gainNow(kind, terms, market, time) - atFirst);
      const cents = (partsPerMillion * terms.amountKesCents) / 1_000_000n;
      if (cents > most) most = cents;
    }
  }
  return most;
}
