import { msat, sat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import {
  addClient,
  buy,
  inWorld,
  listed,
  openByPayment,
  payFrom,
  spendable,
  wealth,
} from "../simulation/lsp-market.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("sizes", () => {
  const terms = {
    maxPaymentMsat: msat(5_000_000_000n),
    headroomPercent: 400,
    maxCapacitySat: sat(16_777_215n),
  };
  test("a channel is opened for every payment that the menu allows", () =>
    inWorld({ terms }, async (world, nodes) => {
      for (const [name, amount] of [
        ["middle", 4_200_000_000n],
        ["largest", 5_000_000_000n],
      ] as const) {
        const client = await addClient(world, nodes.lsp, name);
        expect(await openByPayment(world, nodes, client, msat(amount))).toBe("succeeded");
      }
    }));

  test("the menu allows no payment for which there are no coins", () =>
    inWorld({ terms: { ...terms, maxCommittedSat: sat(3_000_000n) } }, async (world, nodes) => {
      const client = await addClient(world, nodes.lsp, "client");
      expect(await openByPayment(world, nodes, client, msat(3_000_000_000n))).toBe("lsp_no_terms");
      expect(await openByPayment(world, nodes, client, msat(2_800_000_000n))).toBe("succeeded");
    }));
});

describe("the price", () => {
  test("is what opening and closing the channel costs at the current feerate", () =>
    inWorld({}, async (world, nodes) => {
      const client = await addClient(world, nodes.lsp, "client");
      world.chain.satPerVirtualByte = 100;
      await world.clock.advance(2 * minute);
      expect(await openByPayment(world, nodes, client, msat(300_000n))).toBe("lsp_no_terms");
      const [terms] = await world.expectOk(client.host.openingTerms(nodes.lsp.id));
      const before = await spendable(world, nodes.lsp);
      expect(await openByPayment(world, nodes, client, msat(200_000_000n))).toBe("succeeded");
      world.chain.mine(1);
      await world.clock.advance(minute);
      const [channel] = await listed(world, client);
      const paidOnChain =
        before - (await spendable(world, nodes.lsp)) - (channel?.capacitySat ?? 0n);
      expect(paidOnChain).toBeGreaterThan(10_000n);
      expect(terms?.minFeeMsat).toBeGreaterThanOrEqual(paidOnChain * 2_000n);
      const estimate = await world.expectOk(
        nodes.lsp.host.estimateChannelOpen(client.id, msat(5_000_000_000n)),
      );
      expect(estimate.feeMsat).toBeGreaterThanOrEqual(terms?.minFeeMsat ?? 0n);
    }));

  test("of a payment of our own may leave less than a first payment of others must have", () =>
    inWorld({}, async (world, { lsp }) => {
      const client = await addClient(world, lsp, "client");
      const jit = await world.clock.during(
        client.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(500_000n),
          description: "",
          expirySeconds: 600,
          // the payer pays the fee beforehand, so this limit does not count
          maxOpeningFeeMsat: msat(1n),
          paidByLsp: true,
        }),
      );
      if (!jit.ok) throw new Error(jit.error.message);
      const request = {
        invoice: jit.value.invoice,
        maxFeeMsat: msat(0n),
        openChannelToPayee: true,
      };
      await world.expectOk(lsp.host.pay(request));
      const { paymentHash } = jit.value.payment;
      expect((await world.clock.during(lsp.host.whenSettled(paymentHash, "outbound")))?.state).toBe(
        "succeeded",
      );
    }));

  test("nothing is offered or opened above the highest feerate", () =>
    inWorld({ terms: { maxFeeRateSatPerKwu: 50_000 } }, async (world, nodes) => {
      const client = await addClient(world, nodes.lsp, "client");
      const early = await buy(world, client, nodes.lsp, msat(60_000_000n));
      world.chain.satPerVirtualByte = 500;
      await world.clock.advance(2 * minute);
      if (!early.ok) throw new Error(early.error.message);
      const { invoice, payment: made } = early.value;
      expect((await payFrom(world, nodes.merchant, invoice, made.paymentHash))?.state).toBe(
        "failed",
      );
      const other = await addClient(world, nodes.lsp, "other");
      expect(await openByPayment(world, nodes, other, msat(60_000_000n))).toBe("lsp_no_terms");
      const own = await world.clock.during(
        nodes.lsp.host.estimateChannelOpen(other.id, msat(60_000_000n)),
      );
      expect(own).toMatchObject({
        ok: false,
        error: {
          code: "channel_open_failed",
          message: /500 sat\/vB, and none is opened above 200/u,
        },
      });
      expect(await listed(world, other)).toEqual([]);
    }));

  test("an opening agreed at a much lower feerate is refused", () =>
    inWorld({ terms: { minFeeMsat: msat(1_000n) } }, async (world, nodes) => {
      const client = await addClient(world, nodes.lsp, "client");
      const early = await buy(world, client, nodes.lsp, msat(60_000_000n));
      world.chain.satPerVirtualByte = 20;
      await world.clock.advance(2 * minute);
      if (!early.ok) throw new Error(early.error.message);
      const { invoice, payment: made } = early.value;
      expect((await payFrom(world, nodes.merchant, invoice, made.paymentHash))?.state).toBe(
        "failed",
      );
      expect(await listed(world, nodes.lsp)).toHaveLength(1);
    }));

  test("28: the reserve for force closes grows with the channels", () =>
    inWorld(
      { settings: { onChainReserveSat: sat(100_000n), onChainReservePerChannelSat: sat(7_000n) } },
      async (world, nodes) => {
        const reserve = async () =>
          (await world.clock.during(nodes.lsp.host.balances())).onChain.reservedSat;
        expect(await reserve()).toBe(107_000n);
        const client = await addClient(world, nodes.lsp, "client");
        expect(await openByPayment(world, nodes, client, msat(60_000_000n))).toBe("succeeded");
        expect(await reserve()).toBe(114_000n);
      },
    ));
});

describe("a client that has never paid for a channel", () => {
  test.for([0, 2, 4, 6, 8, 10, 12, 14, 16])(
    "has its funding broadcast once it has claimed its payment, also if the LSP crashes %i ms after building it",
    (delayMs) =>
      inWorld({}, async (world, { lsp, merchant }) => {
        const client = await addClient(world, lsp, "client");
        const jit = await buy(world, client, lsp, msat(60_000_000n));
        if (!jit.ok) throw new Error(jit.error.message);
        const broadcasts = world.chain.accepted.length;
        await world.expectOk(
          merchant.host.pay({ invoice: jit.value.invoice, maxFeeMsat: msat(1_000_000n) }),
        );
        // the funding is signed, and nothing of it has left
        const pending = async () =>
          (await listed(world, lsp)).some(
            ({ peer, funding }) => peer === client.id && funding !== null,
          );
        for (let steps = 0; steps < 1_000 && !(await pending()); steps++)
          await world.clock.advance(1);
        expect(await pending()).toBe(true);
        await world.clock.advance(delayMs);
        lsp.crash();
        await world.clock.advance(1_000);
        await lsp.open();
        const paid = await world.clock.during(
          merchant.host.whenSettled(jit.value.payment.paymentHash, "outbound"),
        );
        expect(paid?.state).toBe("succeeded");
        await world.clock.advance(5_000);
        expect(world.chain.accepted).toHaveLength(broadcasts + 1);
        const [channel] = await listed(world, client);
        expect(world.chain.accepted.at(-1)).toBe(channel?.funding?.txid);
      }),
  );

  test.for([0, 5, 10, 15])(
    "is paid by us over a channel whose funding leaves once it has claimed; the LSP crashes after %i ms",
    (delayMs) =>
      inWorld({}, async (world, { lsp }) => {
        const client = await addClient(world, lsp, "client");
        const jit = await buy(world, client, lsp, msat(60_000_000n), true);
        if (!jit.ok) throw new Error(jit.error.message);
        const broadcasts = world.chain.accepted.length;
        await world.expectOk(
          lsp.host.pay({
            invoice: jit.value.invoice,
            maxFeeMsat: msat(0n),
            openChannelToPayee: true,
          }),
        );
        const ready = async () => (await listed(world, client)).some(({ usable }) => usable);
        for (let steps = 0; steps < 1_000 && !(await ready()); steps++)
          await world.clock.advance(1);
        expect(world.chain.accepted).toHaveLength(broadcasts);
        await world.clock.advance(delayMs);
        lsp.crash();
        await world.clock.advance(1_000);
        await lsp.open();
        const { paymentHash } = jit.value.payment;
        const paid = await world.clock.during(lsp.host.whenSettled(paymentHash, "outbound"));
        expect(paid?.state).toBe("succeeded");
        await world.clock.advance(5_000);
        const [channel] = await listed(world, client);
        expect(world.chain.accepted.slice(broadcasts)).toEqual([channel?.funding?.txid]);
        // it has been paid for, so it stays
        await world.clock.advance(10 * minute);
        expect(await listed(world, client)).toHaveLength(1);
      }),
  );

  test("26: costs nothing when it refuses, and its coins are free again within minutes", () =>
    inWorld({}, async (world, nodes) => {
      const { lsp } = nodes;
      const before = await wealth(world, lsp);
      const free = await spendable(world, lsp);
      const broadcasts = world.chain.accepted.length;
      const client = await addClient(world, lsp, "client");
      expect(await openByPayment(world, nodes, client, msat(4_000_000_000n), true)).toBe("failed");
      expect(await openByPayment(world, nodes, client, msat(4_000_000_000n), true)).toBe(
        "lsp_refused",
      );
      expect(await spendable(world, lsp)).toBeLessThan(free);
      await world.clock.advance(5 * minute);
      world.chain.mine(1);
      await world.clock.advance(minute);
      expect(await listed(world, lsp)).toHaveLength(1);
      expect(await spendable(world, lsp)).toBe(free);
      expect(await wealth(world, lsp)).toBe(before);
      expect(world.chain.accepted).toHaveLength(broadcasts);
      // nothing of it is left behind: neither a balance that never arrives, nor a monitor that is loaded at every start
      const { claimable, closingSat } = await world.clock.during(lsp.host.balances());
      expect({ claimable, closingSat }).toEqual({ claimable: [], closingSat: 0n });
      expect(lsp.medium.tables.get("core-monitor")?.size).toBe(1);
    }));

  test("and is unknown gets a channel just large enough, from a share of its own", () =>
    inWorld(
      { terms: { isRegistered: async () => false, maxCommittedToUnknownSat: sat(3_000_000n) } },
      async (world, nodes) => {
        const [first, second, third] = [
          await addClient(world, nodes.lsp, "first"),
          await addClient(world, nodes.lsp, "second"),
          await addClient(world, nodes.lsp, "third"),
        ];
        expect(await openByPayment(world, nodes, first, msat(2_000_000_000n), true)).toBe("failed");
        const [channel] = await listed(world, first);
        expect(channel?.capacitySat).toBeLessThan(2_070_000n);
        expect(await openByPayment(world, nodes, second, msat(2_000_000_000n))).toBe(
          "lsp_no_terms",
        );
        // a payment of our own has been paid for, whoever receives it
        expect(
          await world.expectOk(nodes.lsp.host.estimateChannelOpen(third.id, msat(2_000_000_000n))),
        ).toMatchObject({ needed: true });
      },
    ));
});

describe("a client that has paid several times what a channel costs", () => {
  test("26: and leaves the next one unpaid has it closed, and counts as one that never paid", () =>
    inWorld({ terms: { closeUnpaidAfterMs: 30 * minute } }, async (world, nodes) => {
      const { lsp } = nodes;
      const client = await addClient(world, lsp, "client");
      expect(await openByPayment(world, nodes, client, msat(1_000_000_000n))).toBe("succeeded");
      const broadcasts = world.chain.accepted.length;
      expect(await openByPayment(world, nodes, client, msat(3_000_000_000n), true)).toBe("failed");
      // the LSP trusted it
      expect(world.chain.accepted).toHaveLength(broadcasts + 1);
      expect(await listed(world, client)).toHaveLength(2);
      await world.clock.advance(25 * minute);
      world.chain.mine(6);
      await world.clock.advance(minute);
      expect(await listed(world, client)).toHaveLength(2);
      await world.clock.advance(7 * minute);
      world.chain.mine(6);
      await world.clock.advance(minute);
      expect(await listed(world, client)).toHaveLength(1);
      const later = world.chain.accepted.length;
      expect(await openByPayment(world, nodes, client, msat(3_000_000_000n), true)).toBe("failed");
      expect(world.chain.accepted).toHaveLength(later);
    }));

  test("opens no more than its share of channels in an hour, also across a restart", () =>
    inWorld(
      { terms: { opensPerHourPerClient: 2, channelsPerClient: 10 } },
      async (world, nodes) => {
        const client = await addClient(world, nodes.lsp, "client");
        expect(await openByPayment(world, nodes, client, msat(10_000_000n))).toBe("succeeded");
        expect(await openByPayment(world, nodes, client, msat(1_000_000_000n))).toBe("succeeded");
        nodes.lsp.crash();
        await world.clock.advance(1_000);
        await nodes.lsp.open();
        await world.clock.advance(20_000);
        expect(await openByPayment(world, nodes, client, msat(3_000_000_000n))).toBe("lsp_refused");
        await world.clock.advance(hour);
        expect(await openByPayment(world, nodes, client, msat(3_000_000_000n))).toBe("succeeded");
      },
    ));
});

describe("invoices that nobody pays", () => {
  test("lock nobody out, however many they are, also across a restart", () =>
    inWorld({}, async (world, nodes) => {
      const { lsp } = nodes;
      const client = await addClient(world, lsp, "client");
      for (let made = 0; made < 100; made++) {
        expect((await buy(world, client, lsp, msat(60_000_000n))).ok).toBe(true);
        if (made % 30 === 29) {
          lsp.crash();
          await world.clock.advance(1_000);
          await lsp.open();
          await world.clock.advance(20_000);
        }
      }
      expect(await openByPayment(world, nodes, client, msat(60_000_000n))).toBe("succeeded");
      const other = await addClient(world, lsp, "other");
      expect(await openByPayment(world, nodes, other, msat(60_000_000n))).toBe("succeeded");
    }));

  test("stay payable as long as they are among the last few", () =>
    inWorld({}, async (world, { lsp, merchant }) => {
      const client = await addClient(world, lsp, "client");
      const made = [];
      for (let count = 0; count < 8; count++) {
        made.push(
          await world.expectOk(
            client.host.createJitInvoice({
              lsp: lsp.id,
              amountMsat: msat(60_000_000n),
              description: "",
              expirySeconds: 600,
              maxOpeningFeeMsat: msat(10_000_000n),
            }),
          ),
        );
      }
      const [first] = made;
      if (first === undefined) throw new Error("no invoice");
      const paid = await payFrom(world, merchant, first.invoice, first.payment.paymentHash);
      expect(paid?.state).toBe("succeeded");
    }));
});
