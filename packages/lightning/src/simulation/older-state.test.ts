import { msat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { parseTransaction } from "../bitcoin/transaction.ts";
import { loadCore } from "../core/load-core.ts";
import type { NodeEvent } from "../model/events.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { MemoryMedium } from "../store/memory-store.ts";
import { addOperator, seedLabels } from "./operator.ts";
import { Random } from "./random.ts";
import { prepareStory } from "./story.ts";
import { World } from "./world.ts";
import type { SimulatedNode, WorldSnapshot } from "./world.ts";

const loading = loadCore({ prefer: "wasm" });
const minute = 60_000;
/** Copies to start from; `SWEEP=full` takes every one. */
const restores = { wide: 40, full: Infinity }[process.env["SWEEP"] ?? ""] ?? 8;
/** Largest loss to the fees of commitment transactions and sweeps. The LSP funds the channel. */
const maxFeesSat = { wallet: 2_000n, lsp: 15_000n } as const;

type Role = "wallet" | "lsp";
/** Outputs (`txid:index`) spent by transactions that a node has broadcast, also those that were rejected. */
type Spends = Record<Role, string[]>;

/** A wallet, its LSP and a merchant. `onCommit` gets the stored state of wallet or LSP after each commit. */
async function open(
  from: WorldSnapshot,
  spends: Spends,
  onCommit: (role: Role, medium: MemoryMedium) => void = () => {},
): Promise<World> {
  const world = new World({ core: await loading, seed: "older state", from });
  const observed = (role: Role) => ({
    store: (medium: MemoryMedium) => {
      const store = memoryStore(medium);
      return {
        ...store,
        async commit(write: Parameters<typeof store.commit>[0]) {
          await store.commit(write);
          onCommit(role, medium);
        },
      };
    },
    chain: (chain: World["chain"]) => {
      const source = chain.source();
      return {
        ...source,
        broadcast: (transactions: readonly Uint8Array[]) => {
          for (const bytes of transactions) spends[role].push(...parseTransaction(bytes).spends);
          return source.broadcast(transactions);
        },
      };
    },
  });
  const { lsp } = await addOperator(world, { lsp: observed("lsp") });
  const wallet = await world.add("wallet", {
    seedLabel: seedLabels.wallet,
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
    ...observed("wallet"),
  });
  await wallet.connect(lsp);
  await world.clock.advance(minute);
  return world;
}

async function pay(world: World, from: string, to: string, amount: bigint): Promise<void> {
  const made = await world.expectOk(
    world.node(to).host.createInvoice({ amountMsat: msat(amount), expirySeconds: 600 }),
  );
  await world.expectOk(
    world.node(from).host.pay({ invoice: made.request ?? "", maxFeeMsat: msat(50_000n) }),
  );
  const end = await world.clock.during(
    world.node(from).host.whenSettled(made.paymentHash, "outbound"),
  );
  expect(end?.state).toBe("succeeded");
}

/** A wallet with a channel and six payments, and copies of both states after each commit since the channel is ready. */
async function play() {
  const core = await loading;
  const copies: Record<Role, MemoryMedium[]> = { wallet: [], lsp: [] };
  let recording = false;
  const world = await open(
    await prepareStory({ core, seed: "older state" }),
    { wallet: [], lsp: [] },
    (role, medium) => {
      if (recording) copies[role].push(medium.clone());
    },
  );
  const [wallet, merchant] = [world.node("wallet"), world.node("merchant")];
  const jit = await world.expectOk(
    wallet.host.createJitInvoice({
      lsp: world.node("lsp").id,
      amountMsat: msat(60_000_000n),
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(2_000_000n),
    }),
  );
  await world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(50_000n) }));
  await world.clock.during(wallet.host.whenSettled(jit.payment.paymentHash, "inbound"));
  await world.clock.advance(minute);
  recording = true;
  for (let round = 0; round < 3; round++) {
    await pay(world, "wallet", "merchant", 4_000_000n + BigInt(round));
    await pay(world, "merchant", "wallet", 1_000_000n);
  }
  await world.clock.advance(minute);
  const [channel] = await world.clock.during(wallet.host.channels());
  const { funding, balanceMsat } = channel ?? {};
  const newestSat = {
    wallet: (balanceMsat ?? 0n) / 1_000n,
    lsp: await totalSat(world, world.node("lsp")),
  };
  return {
    snapshot: await world.closeAndSnapshot(),
    copies,
    newestSat,
    funding,
  };
}
const played = play();

async function eventsOf(world: World, node: SimulatedNode): Promise<readonly NodeEvent[]> {
  const events: NodeEvent[] = [];
  const iterator = node.host.events(0)[Symbol.asyncIterator]();
  while ((events.at(-1)?.sequence ?? 0) < node.host.lastSequence) {
    const { value, done } = await world.clock.during(iterator.next());
    if (done === true) break;
    events.push(value);
  }
  return events;
}

async function mineAndWait(world: World): Promise<void> {
  // beyond `to_self_delay`, which holds back the balance of the side that closes
  for (const blocks of [8, 8, 150, 8]) {
    world.chain.mine(blocks);
    await world.clock.advance(2 * minute);
  }
}

async function totalSat(world: World, node: SimulatedNode): Promise<bigint> {
  const balances = await world.clock.during(node.host.balances());
  const { confirmedSat, trustedPendingSat, untrustedPendingSat } = balances.onChain;
  const onChain = confirmedSat + trustedPendingSat + untrustedPendingSat;
  return onChain + balances.closingSat + balances.channelsMsat / 1_000n;
}

describe.each(["wallet", "lsp"] as const)("a %s that starts from an older state", (role) => {
  test("never broadcasts a revoked commitment, and gets its newest balance on chain", async () => {
    const { snapshot, copies, newestSat, funding } = await played;
    const fundingOutput = `${funding?.txid ?? ""}:${funding?.index ?? -1}`;
    const random = new Random(`restores of the ${role}`);
    let behind = 0;
    const count = Math.min(restores, copies[role].length);
    for (let number = 0; number < count; number++) {
      const at = restores === Infinity ? number : random.below(copies[role].length);
      const copy = copies[role][at];
      if (copy === undefined) throw new Error("no copy");
      const spends: Spends = { wallet: [], lsp: [] };
      const media = new Map(snapshot.media).set(role, copy.clone());
      const world = await open({ ...snapshot, media }, spends);
      try {
        await world.clock.advance(minute);
        const node = world.node(role);
        expect(node.host.status).toBe("running");
        const fell = (await eventsOf(world, node)).filter(
          (event) => event.type === "channelFellBehind" && event.side === "own",
        );
        if (fell.length > 0) {
          behind += 1;
          // also after a restart that comes before the peer's transaction is mined
          node.crash();
          await node.open();
          await world.clock.advance(minute);
          await mineAndWait(world);
          expect(spends[role].filter((output) => output === fundingOutput)).toEqual([]);
        } else await mineAndWait(world);
        for (const side of ["wallet", "lsp"] as const) {
          const got = await totalSat(world, world.node(side));
          expect(got, `${side}, copy ${at}`).toBeGreaterThanOrEqual(
            newestSat[side] - maxFeesSat[side],
          );
        }
        if (role === "wallet") {
          await pay(world, "lsp", "merchant", 1_000_000n);
          const merchant = await world.clock.during(world.node("merchant").host.channels());
          expect(merchant.map(({ usable }) => usable)).toEqual([true]);
        }
      } finally {
        world.crashAll();
      }
    }
    expect(behind).toBeGreaterThan(count / 2);
  });
});
