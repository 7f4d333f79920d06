import { msat, sat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import type { StandardLspTerms } from "../model/lsp-policy.ts";
import type { NodeSettings } from "../model/lightning-node.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import { addOperator } from "../simulation/operator.ts";
import { Random } from "../simulation/random.ts";
import { World } from "../simulation/world.ts";
import type { SimulatedNode } from "../simulation/world.ts";

const loading = loadCore({ prefer: "addon" });
const minute = 60_000;
const hour = 60 * minute;

type Nodes = { readonly lsp: SimulatedNode; readonly merchant: SimulatedNode };

/** An LSP and a merchant with 16 million sat to spend over it, and a block chain that mines every ten minutes. */
async function inWorld(
  options: {
    readonly seed?: string;
    readonly terms?: Partial<StandardLspTerms>;
    readonly settings?: NodeSettings;
  },
  body: (world: World, nodes: Nodes) => Promise<void>,
): Promise<void> {
  const world = new World({ core: await loading, seed: options.seed ?? "price" });
  try {
    const { lsp, merchant } = await addOperator(world, {
      ...(options.terms === undefined ? {} : { lspTerms: options.terms }),
      ...(options.settings === undefined ? {} : { settings: options.settings }),
    });
    for (const node of [lsp, merchant]) {
      for (let coin = 0; coin < 4; coin++) {
        world.chain.fund(await world.expectOk(node.host.newAddress()), sat(25_000_000n));
      }
    }
    world.chain.mine(1);
    await world.clock.advance(1_000);
    await world.expectOk(
      merchant.host.openChannel({
        peer: lsp.id,
        capacitySat: sat(16_700_000n),
        pushMsat: msat(1_000_000_000n),
        announced: true,
      }),
    );
    await world.clock.advance(1_000);
    world.chain.mine(6);
    await world.clock.advance(minute);
    await body(world, { lsp, merchant });
  } finally {
    world.crashAll();
  }
}

async function addClient(world: World, lsp: SimulatedNode, name: string): Promise<SimulatedNode> {
  const client = await world.add(name, {
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
  });
  await client.connect(lsp);
  return client;
}

/** An invoice that opens a channel. With `refuse`, the client fails the payment back after the channel is open. */
function buy(
  world: World,
  client: SimulatedNode,
  lsp: SimulatedNode,
  amount: Msat,
  refuse = false,
) {
  return world.clock.during(
    client.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: amount,
      description: "",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(1_000_000_000n),
      ...(refuse ? { paidByLsp: true } : {}),
    }),
  );
}

async function payment(world: World, merchant: SimulatedNode, invoice: string, hash: string) {
  await world.clock.during(merchant.host.pay({ invoice, maxFeeMsat: msat(100_000_000n) }));
  return world.clock.during(merchant.host.whenSettled(hash, "outbound"));
}

/** The client buys a channel with a payment from the merchant. Returns the state in which the payment ended. */
async function open(
  world: World,
  { lsp, merchant }: Nodes,
  client: SimulatedNode,
  amount: Msat,
  refuse = false,
): Promise<string> {
  const jit = await buy(world, client, lsp, amount, refuse);
  if (!jit.ok) return jit.error.code;
  const { invoice, payment: made } = jit.value;
  return (await payment(world, merchant, invoice, made.paymentHash))?.state ?? "none";
}

const listed = (world: World, node: SimulatedNode) => world.clock.during(node.host.channels());
const spendable = async (world: World, node: SimulatedNode) =>
  (await world.clock.during(node.host.balances())).onChain.spendableSat;

/** Everything the operator has, on chain and in channels, in millisatoshis. */
async function wealth(world: World, node: SimulatedNode): Promise<bigint> {
  const { onChain, channelsMsat, claimable } = await world.clock.during(node.host.balances());
  const pending = claimable.reduce((sum, { amountSat }) => sum + amountSat, 0n);
  return (onChain.confirmedSat + onChain.trustedPendingSat + pending) * 1_000n + channelsMsat;
}

/** Number of channels with this node whose funding has been broadcast. */
async function fundings(world: World, node: SimulatedNode): Promise<number> {
  const abort = new AbortController();
  const seen = new Set<string>();
  const reading = (async () => {
    for await (const event of node.host.events(0, abort.signal)) {
      if (event.type === "channelPending") seen.add(event.funding.txid);
    }
  })();
  await world.clock.advance(1_000);
  abort.abort();
  await world.clock.during(reading);
  return [...seen].filter((txid) => world.chain.accepted.includes(txid)).length;
}

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
        expect(await open(world, nodes, client, msat(amount))).toBe("succeeded");
      }
    }));

  test("the menu allows no payment for which there are no coins", () =>
    inWorld({ terms: { ...terms, maxCommittedSat: sat(3_000_000n) } }, async (world, nodes) => {
      const client = await addClient(world, nodes.lsp, "client");
      expect(await open(world, nodes, client, msat(3_000_000_000n))).toBe("lsp_no_terms");
      expect(await open(world, nodes, client, msat(2_800_000_000n))).toBe("succeeded");
    }));
});

describe("the price", () => {
  test("is what opening and closing the channel costs at the current feerate", () =>
    inWorld({}, async (world, nodes) => {
      const client = await addClient(world, nodes.lsp, "client");
      world.chain.satPerVirtualByte = 100;
      await world.clock.advance(2 * minute);
      expect(await open(world, nodes, client, msat(300_000n))).toBe("lsp_no_terms");
      const [terms] = await world.expectOk(client.host.openingTerms(nodes.lsp.id));
      const before = await spendable(world, nodes.lsp);
      expect(await open(world, nodes, client, msat(200_000_000n))).toBe("succeeded");
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
      expect((await payment(world, nodes.merchant, invoice, made.paymentHash))?.state).toBe(
        "failed",
      );
      const other = await addClient(world, nodes.lsp, "other");
      expect(await open(world, nodes, other, msat(60_000_000n))).toBe("lsp_no_terms");
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
      expect((await payment(world, nodes.merchant, invoice, made.paymentHash))?.state).toBe(
        "failed",
      );
      expect(await listed(world, nodes.lsp)).toHaveLength(1);
    }));

  test("the reserve for force closes grows with the channels", () =>
    inWorld(
      { settings: { onChainReserveSat: sat(100_000n), onChainReservePerChannelSat: sat(7_000n) } },
      async (world, nodes) => {
        const reserve = async () =>
          (await world.clock.during(nodes.lsp.host.balances())).onChain.reservedSat;
        expect(await reserve()).toBe(107_000n);
        const client = await addClient(world, nodes.lsp, "client");
        expect(await open(world, nodes, client, msat(60_000_000n))).toBe("succeeded");
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

  test("costs nothing when it refuses, and its coins are free again within minutes", () =>
    inWorld({}, async (world, nodes) => {
      const { lsp } = nodes;
      const before = await wealth(world, lsp);
      const free = await spendable(world, lsp);
      const broadcasts = world.chain.accepted.length;
      const client = await addClient(world, lsp, "client");
      expect(await open(world, nodes, client, msat(4_000_000_000n), true)).toBe("failed");
      expect(await open(world, nodes, client, msat(4_000_000_000n), true)).toBe("lsp_refused");
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
        expect(await open(world, nodes, first, msat(2_000_000_000n), true)).toBe("failed");
        const [channel] = await listed(world, first);
        expect(channel?.capacitySat).toBeLessThan(2_070_000n);
        expect(await open(world, nodes, second, msat(2_000_000_000n))).toBe("lsp_no_terms");
        // a payment of our own has been paid for, whoever receives it
        expect(
          await world.expectOk(nodes.lsp.host.estimateChannelOpen(third.id, msat(2_000_000_000n))),
        ).toMatchObject({ needed: true });
      },
    ));
});

describe("a client that has paid several times what a channel costs", () => {
  test("and leaves the next one unpaid has it closed, and counts as one that never paid", () =>
    inWorld({ terms: { closeUnpaidAfterMs: 30 * minute } }, async (world, nodes) => {
      const { lsp } = nodes;
      const client = await addClient(world, lsp, "client");
      expect(await open(world, nodes, client, msat(1_000_000_000n))).toBe("succeeded");
      const broadcasts = world.chain.accepted.length;
      expect(await open(world, nodes, client, msat(3_000_000_000n), true)).toBe("failed");
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
      expect(await open(world, nodes, client, msat(3_000_000_000n), true)).toBe("failed");
      expect(world.chain.accepted).toHaveLength(later);
    }));

  test("opens no more than its share of channels in an hour, also across a restart", () =>
    inWorld(
      { terms: { opensPerHourPerClient: 2, channelsPerClient: 10 } },
      async (world, nodes) => {
        const client = await addClient(world, nodes.lsp, "client");
        expect(await open(world, nodes, client, msat(10_000_000n))).toBe("succeeded");
        expect(await open(world, nodes, client, msat(1_000_000_000n))).toBe("succeeded");
        nodes.lsp.crash();
        await world.clock.advance(1_000);
        await nodes.lsp.open();
        await world.clock.advance(20_000);
        expect(await open(world, nodes, client, msat(3_000_000_000n))).toBe("lsp_refused");
        await world.clock.advance(hour);
        expect(await open(world, nodes, client, msat(3_000_000_000n))).toBe("succeeded");
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
      expect(await open(world, nodes, client, msat(60_000_000n))).toBe("succeeded");
      const other = await addClient(world, lsp, "other");
      expect(await open(world, nodes, other, msat(60_000_000n))).toBe("succeeded");
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
      const paid = await payment(world, merchant, first.invoice, first.payment.paymentHash);
      expect(paid?.state).toBe("succeeded");
    }));
});

describe("an attacker", () => {
  /** Refuses, goes offline while it is being paid, floods, and pays now and then, in an order that the seed decides. */
  async function attack(seed: string) {
    let outcome = { gainMsat: 0n, lossMsat: 0n, funded: 0 };
    const random = new Random(`attack/${seed}`);
    const below = (limit: number): number => (random.bytes(1)[0] ?? 0) % limit;
    await inWorld(
      {
        seed,
        terms: { isRegistered: async () => below(2) === 0, closeUnpaidAfterMs: 30 * minute },
      },
      async (world, nodes) => {
        const { lsp, merchant } = nodes;
        world.chain.satPerVirtualByte = 5;
        await world.clock.advance(2 * minute);
        const before = [await wealth(world, lsp), await wealth(world, merchant)] as const;
        const clients = [await addClient(world, lsp, "a"), await addClient(world, lsp, "b")];
        for (let step = 0; step < 8; step++) {
          const client = clients[below(2)];
          if (client === undefined) continue;
          const amount = msat(BigInt(10 + below(200)) * 10_000_000n);
          switch (below(4)) {
            case 0:
            case 1:
              await open(world, nodes, client, amount, true);
              break;
            case 2: {
              const jit = await buy(world, client, lsp, amount);
              if (!jit.ok) break;
              const request = { invoice: jit.value.invoice, maxFeeMsat: msat(100_000_000n) };
              await world.clock.during(merchant.host.pay(request));
              await world.clock.advance(below(100));
              client.crash();
              await world.clock.advance(10 * minute);
              await client.open();
              break;
            }
            case 3:
              if (below(2) === 0) await open(world, nodes, client, amount);
              else for (let count = 0; count < 12; count++) await buy(world, client, lsp, amount);
          }
          await world.clock.advance(below(5) * minute);
          world.chain.mine(1);
        }
        await world.clock.advance(40 * minute);
        world.chain.mine(10);
        await world.clock.advance(10 * minute);
        const theirs = [...clients, merchant];
        const attackers = await Promise.all(theirs.map((node) => wealth(world, node)));
        outcome = {
          gainMsat: attackers.reduce((sum, one) => sum + one, 0n) - before[1],
          lossMsat: before[0] - (await wealth(world, lsp)),
          funded: (await fundings(world, lsp)) - 1,
        };
      },
    );
    return outcome;
  }
  const seeds = process.env["SWEEP"] === "full" ? 500 : 3;
  test.for([...Array(seeds).keys()])(
    "gains nothing, and costs the operator what its channels cost on chain, less the fees: seed %i",
    async (seed) => {
      const { gainMsat, lossMsat, funded } = await attack(String(seed));
      expect(gainMsat).toBeLessThanOrEqual(0n);
      // each is force-closed at 5 sat/vB, and both anchors are lost
      const mostPerChannel = (888n + 2_274n) * 1_250n + 660_000n;
      expect(lossMsat - gainMsat).toBeLessThanOrEqual(BigInt(funded) * mostPerChannel);
    },
  );
});
