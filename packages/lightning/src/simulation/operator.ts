import { msat, sat } from "@satsconnect/money";
import { standardLspPolicy } from "../model/lsp-policy.ts";
import { acceptConfirmed } from "../model/node-policy.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import type { SimulatedNode, SimulatedNodeOptions, World } from "./world.ts";

const minute = 60_000;

export type OperatorOptions = {
  /** How many offers of a channel one wallet may hold at a time; 10 where it is left out. */
  readonly grantsPerClient?: number;
  /** Limits of both on what they pay. */
  readonly admitPayment?: NonNullable<NodePolicy["admitPayment"]>;
  /** Where P's state lives, over its medium. */
  readonly merchantStore?: NonNullable<SimulatedNodeOptions["store"]>;
};

/** The operator's node L, which is an LSP, and a merchant's node P, connected to it: as new, or as the world kept them. */
export async function addOperator(
  world: World,
  options: OperatorOptions = {},
): Promise<{ readonly l: SimulatedNode; readonly p: SimulatedNode }> {
  const acceptChannel = acceptConfirmed({ minCapacitySat: sat(100_000n), channelsPerPeer: 3 });
  const admit = options.admitPayment === undefined ? {} : { admitPayment: options.admitPayment };
  const l = await world.add("L", {
    policy: { acceptChannel, lsp: lspPolicy(options.grantsPerClient ?? 10), ...admit },
    settings: { announced: true, alias: "L" },
  });
  const p = await world.add("P", {
    policy: { acceptChannel, ...admit },
    ...(options.merchantStore === undefined ? {} : { store: options.merchantStore }),
    settings: { announced: true, alias: "P" },
  });
  await p.connect(l);
  return { l, p };
}

/** Funds both nodes with a bitcoin, and opens a public channel of 0.1 with half of it on each side; the graph has it. */
export async function openPublicChannel(
  world: World,
  opener: SimulatedNode,
  peer: SimulatedNode,
): Promise<void> {
  for (const node of [peer, opener])
    world.chain.fund(await world.must(node.host.newAddress()), sat(100_000_000n));
  world.chain.mine(1);
  await world.clock.advance(1_000);
  await world.must(
    opener.host.openChannel({
      peer: peer.id,
      capacitySat: sat(10_000_000n),
      pushMsat: msat(5_000_000_000n),
      announced: true,
    }),
  );
  await world.clock.advance(1_000);
  world.chain.mine(6);
  // gossip goes its rounds, the graph is stored
  await world.clock.advance(3 * minute);
}

function lspPolicy(grantsPerClient: number) {
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
    grantsPerClient,
    maxCommittedSat: sat(100_000_000n),
    cltvExpiryDelta: 144,
    openTimeoutMs: 60_000,
  });
}
