import { msat, sat } from "@satsconnect/money";
import type { NodeSettings } from "../model/lightning-node.ts";
import { standardLspPolicy } from "../model/lsp-policy.ts";
import type { StandardLspTerms } from "../model/lsp-policy.ts";
import { acceptConfirmed } from "../model/node-policy.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import type { SimulatedNode, SimulatedNodeOptions, World } from "./world.ts";

const minute = 60_000;

export type OperatorOptions = {
  /** LSP terms that differ from the usual ones. */
  readonly lspTerms?: Partial<StandardLspTerms>;
  /** The operator's own settings. */
  readonly settings?: NodeSettings;
  /** Spending limits of both nodes. */
  readonly admitPayment?: NonNullable<NodePolicy["admitPayment"]>;
  /** The LSP's store and chain source. */
  readonly lsp?: Pick<SimulatedNodeOptions, "store" | "chain">;
  /** The merchant's store, over its medium. */
  readonly merchantStore?: NonNullable<SimulatedNodeOptions["store"]>;
};

/**
 * Labels that the nodes' keys, random numbers and aliases derive from. They are part of every recorded seed: with other
 * labels the same seed would replay another run.
 */
export const seedLabels = { wallet: "W", lsp: "L", merchant: "P" } as const;

/** Adds the operator's node, which is an LSP, and a merchant's node connected to it: new, or from the snapshot. */
export async function addOperator(
  world: World,
  options: OperatorOptions = {},
): Promise<{ readonly lsp: SimulatedNode; readonly merchant: SimulatedNode }> {
  const acceptChannel = acceptConfirmed({ minCapacitySat: sat(100_000n), channelsPerPeer: 3 });
  const admit = options.admitPayment === undefined ? {} : { admitPayment: options.admitPayment };
  const lsp = await world.add("lsp", {
    seedLabel: seedLabels.lsp,
    policy: { acceptChannel, lsp: lspPolicy(options.lspTerms ?? {}), ...admit },
    settings: { announced: true, alias: seedLabels.lsp, ...options.settings },
    ...options.lsp,
  });
  const merchant = await world.add("merchant", {
    seedLabel: seedLabels.merchant,
    policy: { acceptChannel, ...admit },
    ...(options.merchantStore === undefined ? {} : { store: options.merchantStore }),
    settings: { announced: true, alias: seedLabels.merchant },
  });
  await merchant.connect(lsp);
  return { lsp, merchant };
}

/**
 * Funds both nodes with 1 BTC and opens a public channel of 0.1 BTC, half of it on each side. Returns once the channel is
 * in everybody's network graph.
 */
export async function openPublicChannel(
  world: World,
  opener: SimulatedNode,
  peer: SimulatedNode,
): Promise<void> {
  for (const node of [peer, opener])
    world.chain.fund(await world.expectOk(node.host.newAddress()), sat(100_000_000n));
  world.chain.mine(1);
  await world.clock.advance(1_000);
  await world.expectOk(
    opener.host.openChannel({
      peer: peer.id,
      capacitySat: sat(10_000_000n),
      pushMsat: msat(5_000_000_000n),
      announced: true,
    }),
  );
  await world.clock.advance(1_000);
  world.chain.mine(6);
  // time for gossip to spread and for the graph to be stored
  await world.clock.advance(3 * minute);
}

export function lspPolicy(terms: Partial<StandardLspTerms> = {}) {
  return standardLspPolicy({
    minFeeMsat: msat(1_000_000n),
    proportionalMillionths: 4_000,
    minPaymentMsat: msat(2_000_000n),
    maxPaymentMsat: msat(4_000_000_000n),
    validForMs: 120 * minute,
    minLifetimeBlocks: 1_008,
    headroomPercent: 200,
    minCapacitySat: sat(200_000n),
    maxCapacitySat: sat(10_000_000n),
    channelsPerClient: 3,
    maxCommittedSat: sat(100_000_000n),
    maxCommittedToUnknownSat: sat(20_000_000n),
    maxFeeRateSatPerKwu: 50_000,
    opensPerHourPerClient: 10,
    opensPerHour: 60,
    closeUnpaidAfterMs: 24 * 60 * minute,
    forceCloseUnpaidAfterMs: 14 * 24 * 60 * minute,
    cltvExpiryDelta: 144,
    openTimeoutMs: 60_000,
    ...terms,
  });
}
