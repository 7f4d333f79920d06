import { msat, sat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { loadCore } from "../core/load-core.ts";
import type { NodeSettings } from "../model/lightning-node.ts";
import type { StandardLspTerms } from "../model/lsp-policy.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import { addOperator } from "./operator.ts";
import { World } from "./world.ts";
import type { SimulatedNode } from "./world.ts";

const loading = loadCore({ prefer: "addon" });
const minute = 60_000;

export type Market = { readonly lsp: SimulatedNode; readonly merchant: SimulatedNode };

/** An LSP and a merchant with 16 million sat to spend over it, and a block chain that mines every ten minutes. */
export async function inWorld(
  options: {
    readonly seed?: string;
    readonly terms?: Partial<StandardLspTerms>;
    readonly settings?: NodeSettings;
  },
  body: (world: World, nodes: Market) => Promise<void>,
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

export async function addClient(
  world: World,
  lsp: SimulatedNode,
  name: string,
): Promise<SimulatedNode> {
  const client = await world.add(name, {
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
  });
  await client.connect(lsp);
  return client;
}

/** An invoice that opens a channel. With `refuse`, the client fails the payment back after the channel is open. */
export function buy(
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

export async function payFrom(
  world: World,
  merchant: SimulatedNode,
  invoice: string,
  hash: string,
) {
  await world.clock.during(merchant.host.pay({ invoice, maxFeeMsat: msat(100_000_000n) }));
  return world.clock.during(merchant.host.whenSettled(hash, "outbound"));
}

/** The client buys a channel with a payment from the merchant. Returns the state in which the payment ended. */
export async function openByPayment(
  world: World,
  { lsp, merchant }: Market,
  client: SimulatedNode,
  amount: Msat,
  refuse = false,
): Promise<string> {
  const jit = await buy(world, client, lsp, amount, refuse);
  if (!jit.ok) return jit.error.code;
  const { invoice, payment: made } = jit.value;
  return (await payFrom(world, merchant, invoice, made.paymentHash))?.state ?? "none";
}

export const listed = (world: World, node: SimulatedNode) =>
  world.clock.during(node.host.channels());
export const spendable = async (world: World, node: SimulatedNode) =>
  (await world.clock.during(node.host.balances())).onChain.spendableSat;

/** Everything the operator has, on chain and in channels, in millisatoshis. */
export async function wealth(world: World, node: SimulatedNode): Promise<bigint> {
  const { onChain, channelsMsat, claimable } = await world.clock.during(node.host.balances());
  const pending = claimable.reduce((sum, { amountSat }) => sum + amountSat, 0n);
  return (onChain.confirmedSat + onChain.trustedPendingSat + pending) * 1_000n + channelsMsat;
}

/** Number of channels with this node whose funding has been broadcast. */
export async function fundings(world: World, node: SimulatedNode): Promise<number> {
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
