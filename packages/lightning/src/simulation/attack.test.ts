import { msat, sat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { addClient, buy, fundings, inWorld, listed, openByPayment, wealth } from "./lsp-market.ts";
import type { Market } from "./lsp-market.ts";
import { Random } from "./random.ts";
import type { SimulatedNode, World } from "./world.ts";

const minute = 60_000;
const seeds = { wide: 60, full: 500 }[process.env["SWEEP"] ?? ""] ?? 3;

/** One attacker with several keys and a node of his own that pays them: what one of them gives another is his. */
class Attacker {
  readonly keys: SimulatedNode[] = [];
  readonly used = new Map<string, number>();
  maxSatPerVirtualByte: number;
  readonly #world: World;
  readonly #market: Market;
  readonly #random: Random;
  readonly #maxKeys: number;
  /** Of the strategies, those that this attacker mixes. */
  readonly #mix: readonly Strategy[];

  constructor(world: World, market: Market, random: Random) {
    this.#world = world;
    this.#market = market;
    this.#random = random;
    this.#maxKeys = 1 + random.below(5);
    const all = Object.keys(this.#strategies) as Strategy[];
    const mix = all.filter(() => random.below(3) > 0);
    this.#mix = mix.length === 0 ? all : mix;
    this.maxSatPerVirtualByte = 5;
  }

  async step(): Promise<void> {
    if (this.keys.length === 0) await this.#newKey();
    const strategy = this.#pick(this.#mix);
    this.used.set(strategy, (this.used.get(strategy) ?? 0) + 1);
    await this.#strategies[strategy](this.#pick(this.keys));
  }

  readonly #strategies = {
    /** Has a channel opened for a payment, and fails the payment. */
    refuse: async (client: SimulatedNode) => {
      await openByPayment(this.#world, this.#market, client, this.#amount(), true);
    },
    /** Goes offline at some point of a payment that opens a channel, for a while. */
    vanish: async (client: SimulatedNode) => {
      await this.#payAndVanish(client);
      await this.#world.clock.advance(10 * minute);
      await client.open();
    },
    /** Holds the HTLC of a payment that opens a channel until it times out on chain. */
    hold: async (client: SimulatedNode) => {
      await this.#payAndVanish(client);
      await this.#mine(60 + this.#random.below(140));
      await client.open();
    },
    /** Takes a hold invoice's payment over an open channel, holds it, and fails it back. */
    holdOpen: async (client: SimulatedNode) => {
      const invoice = await this.#invoice(client, { hold: true });
      if (invoice === undefined) return;
      await this.#pay(this.#market.merchant, invoice.request ?? "");
      await this.#world.clock.advance(2_000);
      await this.#mine(this.#random.below(20));
      await this.#world.clock.during(client.host.failHeld(invoice.paymentHash));
    },
    /** Asks for offers that nobody pays. */
    flood: async (client: SimulatedNode) => {
      for (let count = 8 + this.#random.below(20); count > 0; count--)
        await buy(this.#world, client, this.#market.lsp, this.#amount());
    },
    /** Learns balances from payments that must fail: in both directions, of any amount. */
    probe: async (client: SimulatedNode) => {
      for (let count = 0; count < 6; count++) {
        const [from, to] =
          this.#random.below(2) === 0
            ? [this.#market.merchant, client]
            : [client, this.#market.merchant];
        const invoice = await this.#invoice(to, { hold: true });
        if (invoice === undefined) continue;
        await this.#pay(from, invoice.request ?? "");
        await this.#world.clock.advance(1_000);
        await this.#world.clock.during(to.host.failHeld(invoice.paymentHash));
      }
    },
    /** Pays for a channel, as an honest client does. */
    pay: async (client: SimulatedNode) => {
      await openByPayment(this.#world, this.#market, client, this.#amount());
    },
    /** Pays for a channel so that it counts as trusted, then leaves the next one unpaid. */
    betray: async (client: SimulatedNode) => {
      await openByPayment(this.#world, this.#market, client, msat(2_500_000_000n));
      await openByPayment(this.#world, this.#market, client, this.#amount(), true);
    },
    /** Takes an offer, and pays for it when the feerate has moved. */
    waitForFees: async (client: SimulatedNode) => {
      const jit = await buy(this.#world, client, this.#market.lsp, this.#amount());
      this.#moveFeerate();
      await this.#world.clock.advance(2 * minute);
      if (!jit.ok || !client.isUp) return;
      const { invoice, payment } = jit.value;
      await this.#pay(this.#market.merchant, invoice);
      await this.#world.clock.during(
        this.#market.merchant.host.whenSettled(payment.paymentHash, "outbound"),
      );
    },
    /** Spends back what it has received, over the operator. */
    circle: async (client: SimulatedNode) => {
      const invoice = await this.#invoice(this.#market.merchant, {});
      if (invoice !== undefined) await this.#pay(client, invoice.request ?? "");
    },
    /** Closes a channel, by agreement or by force. */
    close: async (client: SimulatedNode) => {
      const channels = await listed(this.#world, client);
      const channel = channels[this.#random.below(Math.max(1, channels.length))];
      if (channel === undefined) return;
      const force = this.#random.below(2) === 0;
      await this.#world.clock.during(client.host.closeChannel(channel.channelId, { force }));
      await this.#mine(2);
    },
    /** Opens a channel to the operator, gives it a little, and closes by force: the operator has to sweep it. */
    crumbs: async (client: SimulatedNode) => {
      const capacitySat = sat(BigInt(100_000 + this.#random.below(100_000)));
      const pushMsat = msat(BigInt(this.#random.below(2_000)) * 1_000n);
      const opened = await this.#world.clock.during(
        client.host.openChannel({
          peer: this.#market.lsp.id,
          capacitySat,
          pushMsat,
          announced: false,
        }),
      );
      await this.#mine(6);
      if (!opened.ok) return;
      const { channelId } = opened.value;
      await this.#world.clock.during(client.host.closeChannel(channelId, { force: true }));
    },
    newKey: async () => this.#newKey(),
    feerate: async () => {
      this.#moveFeerate();
      await this.#world.clock.advance(2 * minute);
    },
  };

  async #newKey(): Promise<void> {
    if (this.keys.length >= this.#maxKeys) return;
    const { lsp } = this.#market;
    this.keys.push(await addClient(this.#world, lsp, `key ${String(this.keys.length)}`));
  }

  #moveFeerate(): void {
    const rate = this.#pick([1, 2, 5, 10, 20, 40, 60]);
    this.#world.chain.satPerVirtualByte = rate;
    this.maxSatPerVirtualByte = Math.max(this.maxSatPerVirtualByte, rate);
  }

  #amount() {
    return msat(BigInt(10 + this.#random.below(200)) * 10_000_000n);
  }

  #invoice(payee: SimulatedNode, terms: { readonly hold?: boolean }) {
    const amountMsat = msat(BigInt(1 + this.#random.below(500)) * 1_000_000n);
    return this.#world.clock
      .during(payee.host.createInvoice({ amountMsat, expirySeconds: 3_600, ...terms }))
      .then((made) => (made.ok ? made.value : undefined));
  }

  async #pay(payer: SimulatedNode, invoice: string): Promise<void> {
    await this.#world.clock.during(payer.host.pay({ invoice, maxFeeMsat: msat(100_000_000n) }));
  }

  async #payAndVanish(client: SimulatedNode): Promise<void> {
    const jit = await buy(this.#world, client, this.#market.lsp, this.#amount());
    if (jit.ok) {
      await this.#pay(this.#market.merchant, jit.value.invoice);
      await this.#world.clock.advance(this.#random.below(120));
    }
    client.crash();
  }

  async #mine(blocks: number): Promise<void> {
    for (let left = blocks; left > 0; left -= 20) {
      this.#world.chain.mine(Math.min(20, left));
      await this.#world.clock.advance(5_000);
    }
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[this.#random.below(values.length)];
    if (value === undefined) throw new Error("nothing to pick from");
    return value;
  }
}

type Strategy =
  | "refuse"
  | "vanish"
  | "hold"
  | "holdOpen"
  | "flood"
  | "probe"
  | "pay"
  | "betray"
  | "waitForFees"
  | "circle"
  | "close"
  | "crumbs"
  | "newKey"
  | "feerate";

async function isAnythingPending(world: World, nodes: readonly SimulatedNode[]): Promise<boolean> {
  for (const node of nodes) {
    const { claimable, sweepingSat, onChain } = await world.clock.during(node.host.balances());
    if (claimable.length > 0 || sweepingSat > 0n || onChain.untrustedPendingSat > 0n) return true;
    const channels = await listed(world, node);
    // Funding without a confirmation is withheld: it counts in the channel and on chain until the channel is closed.
    if (channels.some((one) => one.pendingHtlcs > 0 || one.confirmations === 0)) return true;
  }
  return false;
}

async function attack(seed: number) {
  const random = new Random(`attack/${String(seed)}`);
  const registered = new Map<string, boolean>();
  const isRegistered = async (client: string): Promise<boolean> => {
    const known = registered.get(client) ?? random.below(2) === 0;
    registered.set(client, known);
    return known;
  };
  let outcome = { gainMsat: 0n, lossMsat: 0n, funded: 0, rate: 0, used: new Map<string, number>() };
  await inWorld(
    { seed: String(seed), terms: { isRegistered, closeUnpaidAfterMs: 30 * minute } },
    async (world, market) => {
      const { lsp, merchant } = market;
      world.chain.satPerVirtualByte = 5;
      await world.clock.advance(2 * minute);
      const before = [await wealth(world, lsp), await wealth(world, merchant)] as const;
      const attacker = new Attacker(world, market, random);
      for (let step = 0; step < 10; step++) {
        await attacker.step();
        await world.clock.advance(random.below(5) * minute);
        world.chain.mine(1);
        if (random.below(12) === 0) {
          lsp.crash();
          await world.clock.advance(1_000);
          await lsp.open();
        }
      }
      const theirs = [...attacker.keys, merchant];
      // Payments in flight time out, channels that nobody paid for are closed, and all is swept.
      for (let round = 0; round < 24; round++) {
        world.chain.mine(round < 2 ? 8 : 25);
        await world.clock.advance(round < 2 ? 17 * minute : minute);
        if (round > 1 && !(await isAnythingPending(world, [...theirs, lsp]))) break;
      }
      let after = 0n;
      for (const node of theirs) after += await wealth(world, node);
      outcome = {
        gainMsat: after - before[1],
        lossMsat: before[0] - (await wealth(world, lsp)),
        funded: (await fundings(world, lsp)) - 1,
        rate: attacker.maxSatPerVirtualByte,
        used: attacker.used,
      };
    },
  );
  return outcome;
}

describe("an attacker who mixes what can be done to an LSP", () => {
  test.for([...Array(seeds).keys()])(
    "gains nothing: seed %i",
    { timeout: 300_000 },
    async (seed) => {
      const { gainMsat, lossMsat, funded, rate, used } = await attack(seed);
      // Each channel is force-closed at the highest feerate, and both anchors are lost.
      const mostPerChannel = (888n + 2_274n) * 250n * BigInt(rate) + 660_000n;
      const losesMore = lossMsat > BigInt(funded) * mostPerChannel;
      expect({ gains: gainMsat > 0n, losesMore, gainMsat, lossMsat, funded, used }).toMatchObject({
        gains: false,
        losesMore: false,
      });
    },
  );
});
