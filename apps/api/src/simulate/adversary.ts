import { fiat, msat } from "@satsconnect/money";
import { isFinal } from "../domain/order.ts";
import type { Order, Terms } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import { callWithRetries, holderNodeId } from "./holders.ts";
import type { HolderWorld } from "./holders.ts";
import { worth } from "./market.ts";
import type { Market } from "./market.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { Receive } from "./node.ts";
import { hour, minute, second } from "./world.ts";

/*
 * A person who knows the market's price before our feeds do, and trades only to gain by its moves: with several wallets on
 * one phone; holds quotes, prompts, payments and offers for as long as they can be held; cancels, refuses and asks again
 * when the price has moved the other way; pays invoices late.
 */

/** A price that the operator has named, and until when it holds. */
export type PromisedPrice = {
  readonly terms: Terms;
  readonly from: number;
  readonly until: number;
};

type AdversaryWorld = HolderWorld & { readonly mpesa: SimulatedMpesa; readonly market: Market };

export type Adversary = {
  /** Notes the prices that an order is offered. Call it with every change of an order. */
  readonly observe: (order: Order) => void;
  /** All prices that were promised for each of its orders. */
  readonly promises: () => ReadonlyMap<string, readonly PromisedPrice[]>;
};

const phones = ["254799000001", "254799000002"] as const;

/** The holder's current gain by the exchange, in parts per million of the shillings. */
export function gainNow(kind: Order["kind"], terms: Terms, market: Market, at: number): number {
  const sats = worth(terms.amountMsat, market.at(at));
  const gain = kind === "buy" ? sats - terms.amountKesCents : terms.amountKesCents - sats;
  return Number((gain * 1_000_000n) / terms.amountKesCents);
}

export function startAdversary(adversaryWorld: AdversaryWorld, wallets: number): Adversary {
  const { world, market, mpesa, node } = adversaryWorld;
  const { random, scheduler } = world;
  const promises = new Map<string, PromisedPrice[]>();

  function promise(orderId: string, promised: PromisedPrice): void {
    const known = promises.get(orderId) ?? [];
    if (known.some(({ terms }) => terms === promised.terms)) return;
    promises.set(orderId, [...known, promised]);
  }

  /** Waits for a moment at which the exchange brings more than `bar`. False: none came in time. */
  async function waitFor(
    kind: Order["kind"],
    terms: Terms,
    until: number,
    bar: number,
  ): Promise<boolean> {
    for (;;) {
      if (gainNow(kind, terms, market, scheduler.now()) > bar) return true;
      if (scheduler.now() >= until) return false;
      await scheduler.sleep(Math.min(15 * second, until - scheduler.now()));
    }
  }

  /** Asks for quotes until one has become a gain within its life, or takes one as it is. */
  async function quote(
    kind: Order["kind"],
    walletId: string,
    msisdn: string,
    isPatient: boolean,
  ): Promise<Quote | null> {
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const asked = await callWithRetries(adversaryWorld, 3, (orders) =>
        orders.createQuote({
          walletId,
          nodeId: holderNodeId,
          deviceId: null,
          kind,
          amountKesCents: fiat("KES", BigInt(random.between(10, 30)) * 10_000n),
          amountMsat: null,
          msisdn: kind === "sell" ? msisdn : null,
        }),
      );
      if (asked?.ok !== true) return null;
      const { terms, expiresAt } = asked.value;
      if (!isPatient || (await waitFor(kind, terms, expiresAt - 20 * second, 0)))
        return asked.value;
    }
    return null;
  }

  /** Holds a payment for hours, and refuses it if the price has fallen. */
  function holdBack(terms: () => Terms, holdMs: number, bar: number): Receive {
    return async () => {
      const until = scheduler.now() + holdMs;
      if (await waitFor("buy", terms(), until, bar)) return "take";
      const isWorthIt = gainNow("buy", terms(), market, scheduler.now()) > -15_000;
      return isWorthIt ? "take" : "refuse";
    };
  }

  async function buy(orderId: string, walletId: string, msisdn: string): Promise<void> {
    const isPatient = random.chance(0.4);
    const quoted = await quote("buy", walletId, msisdn, isPatient);
    if (quoted === null) return;
    const { createdAt: from, expiresAt: until } = quoted;
    promise(orderId, { terms: quoted.terms, from, until });
    let { terms } = quoted;
    const whose = { walletId, nodeId: holderNodeId, deviceId: null, orderId };
    const holdMs = random.pick([0, 9 * minute, 2 * hour, 8 * hour]);
    const bar = random.pick([0, 5_000, 20_000]);
    const receive = holdBack(() => terms, holdMs, bar);
    const always = random.chance(0.5);
    mpesa.setHandset(msisdn, async () => {
      const gains = await waitFor("buy", terms, scheduler.now() + 55 * second, bar);
      return gains || always ? "pays" : "cancels";
    });
    const opened = await callWithRetries(adversaryWorld, 5, (orders) =>
      orders.openBuy({
        ...whose,
        msisdn,
        quoteId: quoted.id,
        invoice: node.walletInvoice(terms.amountMsat, 12 * hour, receive),
      }),
    );
    world.trace(`${orderId}: adversary's buy ${opened?.ok === true ? "opened" : "refused"}`);
    if (opened?.ok !== true) return;
    const reprices = random.between(0, 20);
    for (let attempt = 0; attempt <= 200; attempt += 1) {
      await scheduler.sleep(random.between(2 * second, 2 * minute));
      const order = await callWithRetries(adversaryWorld, 3, (orders) =>
        orders.find(walletId, orderId),
      );
      if (order === null || isFinal(order.state)) return;
      if (order.kind !== "buy" || order.state !== "invoice_needed") continue;
      const priced =
        attempt <= reprices
          ? await callWithRetries(adversaryWorld, 3, (orders) => orders.requestPrice(whose))
          : null;
      const offer = priced?.ok === true && priced.value.kind === "buy" ? priced.value.offer : null;
      if (offer !== null && (await waitFor("buy", offer.terms, offer.expiresAt - second, bar))) {
        ({ terms } = offer);
        const invoice = node.walletInvoice(terms.amountMsat, 12 * hour, receive);
        await callWithRetries(adversaryWorld, 1, (orders) =>
          orders.attachInvoice({ ...whose, invoice }),
        );
      } else if (attempt > reprices) {
        await callWithRetries(adversaryWorld, 3, (orders) => orders.cancel(whose));
      }
    }
  }

  async function sell(orderId: string, walletId: string, msisdn: string): Promise<void> {
    const quoted = await quote("sell", walletId, msisdn, random.chance(0.4));
    if (quoted === null) return;
    const { terms, createdAt: from, expiresAt: until } = quoted;
    promise(orderId, { terms, from, until });
    const whose = { walletId, nodeId: holderNodeId, deviceId: null, orderId };
    const opened = await callWithRetries(adversaryWorld, 5, (orders) =>
      orders.openSell({ ...whose, msisdn, quoteId: quoted.id }),
    );
    world.trace(`${orderId}: adversary's sell ${opened?.ok === true ? "opened" : "refused"}`);
    if (opened?.ok !== true) return;
    const lateMs = random.pick([-second, second, 20 * second, 30 * minute, 6 * hour]);
    const gains = await waitFor("sell", terms, until + lateMs, 0);
    const order = await callWithRetries(adversaryWorld, 3, (orders) =>
      orders.find(walletId, orderId),
    );
    if (order?.kind !== "sell" || order.held === null) return;
    if (gains) {
      // A few sats too little, in the hope that nobody looks.
      const less = random.chance(0.2) ? BigInt(random.between(1, 10_000)) : 0n;
      node.payHoldInvoice(order.held.paymentHash, msat(terms.amountMsat - less));
    } else {
      await callWithRetries(adversaryWorld, 3, (orders) => orders.cancel(whose));
    }
    for (let attempt = 0; attempt < 60; attempt += 1) {
      await scheduler.sleep(random.between(minute, 12 * hour));
      const later = await callWithRetries(adversaryWorld, 3, (orders) =>
        orders.find(walletId, orderId),
      );
      if (later === null || isFinal(later.state) || later.kind !== "sell") return;
      if (later.state !== "owed" || later.payout.status !== "failed") continue;
      const owed = later.held?.receivedMsat ?? terms.amountMsat;
      const invoice = node.walletInvoice(owed, hour);
      await callWithRetries(adversaryWorld, 3, (orders) =>
        orders.attachInvoice({ ...whose, invoice }),
      );
    }
  }

  async function trade(wallet: number): Promise<void> {
    await scheduler.sleep(random.between(second, 20 * hour));
    const orders = random.between(1, 2);
    for (let index = 1; index <= orders; index += 1) {
      const orderId = `x${wallet}${index}`;
      const phone = random.pick(phones);
      const walletId = `adversary-${wallet}`;
      await (random.chance(0.7) ? buy(orderId, walletId, phone) : sell(orderId, walletId, phone));
    }
  }

  for (let wallet = 1; wallet <= wallets; wallet += 1) void trade(wallet);

  return {
    observe: (order) => {
      if (order.kind !== "buy" || order.offer === null || !promises.has(order.id)) return;
      const { terms, expiresAt: until } = order.offer;
      promise(order.id, { terms, from: order.updatedAt, until });
    },
    promises: () => promises,
  };
}
