import { err, ok, sat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { acceptConfirmed } from "../model/node-policy.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import type { CommitPhase } from "../runtime/core-loop.ts";
import { World } from "../simulation/world.ts";
import type { SimulatedNode } from "../simulation/world.ts";

const loading = loadCore({ prefer: "wasm" });
const acceptChannel = acceptConfirmed({ minCapacitySat: sat(50_000n), channelsPerPeer: 3 });
const reserve = sat(100_000n);
const coin = sat(1_000_000n);

/** A node with ten coins and a reserve, and an address of someone else. */
async function funded(
  policy: Partial<NodePolicy> = {},
): Promise<{ world: World; node: SimulatedNode; address: string }> {
  const world = new World({ core: await loading, seed: "treasury" });
  const node = await world.add("operator", {
    policy: { acceptChannel, ...policy },
    settings: { onChainReserveSat: reserve },
  });
  const other = await world.add("other", { policy: { acceptChannel } });
  for (let count = 0; count < 10; count++) {
    world.chain.fund(await world.expectOk(node.host.newAddress()), coin);
  }
  world.chain.mine(1);
  await world.clock.advance(2_000);
  return { world, node, address: await world.expectOk(other.host.newAddress()) };
}

/** Without `halfSent`: the exchange has one output, the transaction. */
const phases: readonly CommitPhase[] = ["beforeStore", "stored", "sent"];

describe("sending from the on-chain wallet", () => {
  test.each(phases)("sends once with one key, although the node dies at `%s`", async (phase) => {
    const { world, node, address } = await funded();
    node.plan({ node: node.name, commit: node.medium.commitNumber + 1, phase });
    const request = { address, amountSat: sat(250_000n), idempotencyKey: "withdrawal" };
    await world.clock.during(node.host.sendOnChain(request));
    await world.clock.advance(2_000);
    expect(node.crashes).toBe(1);
    await node.open();
    // as the operator does: repeat until it is answered
    const sent = await world.expectOk(node.host.sendOnChain(request));
    expect(await world.expectOk(node.host.sendOnChain(request))).toEqual(sent);
    await world.clock.advance(60_000);
    expect(world.chain.mempool).toEqual([sent.txid]);
    world.chain.mine(1);
    await world.clock.advance(2_000);
    const { onChain } = await world.clock.during(node.host.balances());
    expect(onChain.confirmedSat).toBe(10_000_000n - 250_000n - sent.feeSat);
    expect(
      await world.clock.during(node.host.sendOnChain({ ...request, amountSat: sat(250_001n) })),
    ).toMatchObject({ ok: false, error: { code: "idempotency_conflict", retry: "never" } });
  });

  test("never touches the reserve, nor pays more than the allowed fee", async () => {
    const { world, node, address } = await funded();
    const send = (more: Partial<Parameters<typeof node.host.sendOnChain>[0]>) =>
      world.clock.during(node.host.sendOnChain({ address, amountSat: "all", ...more }));
    expect(await send({ amountSat: sat(9_900_000n) })).toMatchObject({
      ok: false,
      error: { code: "insufficient_funds" },
    });
    expect(
      await send({ amountSat: sat(1_000n), feeRateSatPerKwu: 25_000, maxFeeSat: sat(1_000n) }),
    ).toMatchObject({ ok: false, error: { code: "fee_too_high", retry: "safe" } });
    expect(world.chain.mempool).toEqual([]);
    expect((await send({ idempotencyKey: "all" })).ok).toBe(true);
    const { onChain } = await world.clock.during(node.host.balances());
    expect(onChain.confirmedSat + onChain.trustedPendingSat).toBe(reserve);
    expect(onChain.spendableSat).toBe(0n);
  });

  test("asks the policy with all that was sent in 24 hours, one send at a time", async () => {
    const seen: (readonly [bigint, bigint])[] = [];
    const { world, node, address } = await funded({
      admitOnChainSend: ({ amountSat, sentLastDaySat }) => {
        seen.push([amountSat, sentLastDaySat]);
        return amountSat + sentLastDaySat > 1_000_000n
          ? err("cap_exceeded", "Too much.", "never")
          : ok(undefined);
      },
    });
    const send = (idempotencyKey: string) =>
      node.host.sendOnChain({ address, amountSat: sat(600_000n), idempotencyKey });
    const [one, two] = await world.clock.during(Promise.all([send("one"), send("two")]));
    expect(one.ok).toBe(true);
    expect(two).toMatchObject({ ok: false, error: { code: "cap_exceeded" } });
    const fee = one.ok ? one.value.feeSat : 0n;
    expect(seen).toEqual([
      [600_000n, 0n],
      [600_000n, 600_000n + fee],
    ]);
    await world.clock.advance(25 * 3_600_000);
    expect((await world.clock.during(send("two"))).ok).toBe(true);
  });
});

describe("raising the fee of a transaction that waits", () => {
  test("replaces a send of ours, and the send's key then answers with the replacement", async () => {
    const { world, node, address } = await funded();
    const request = { address, amountSat: sat(250_000n), idempotencyKey: "withdrawal" };
    const first = await world.expectOk(
      node.host.sendOnChain({ ...request, feeRateSatPerKwu: 253 }),
    );
    const listed = () => world.clock.during(node.host.onChainTransactions());
    expect((await listed())[0]).toMatchObject({ txid: first.txid, bump: "replacement" });
    // the simulated mempool replaces nothing by itself
    world.chain.evict(first.txid);
    const bump = { txid: first.txid, feeRateSatPerKwu: 5_000, idempotencyKey: "faster" };
    expect(
      await world.clock.during(node.host.bumpFee({ ...bump, maxFeeSat: sat(first.feeSat + 1n) })),
    ).toMatchObject({ ok: false, error: { code: "fee_too_high" } });
    const second = await world.expectOk(node.host.bumpFee(bump));
    expect(second.feeSat).toBeGreaterThan(first.feeSat * 15n);
    expect(await world.expectOk(node.host.bumpFee(bump))).toEqual(second);
    expect(await world.expectOk(node.host.sendOnChain(request))).toEqual({
      txid: second.txid,
      feeSat: first.feeSat,
    });
    expect(world.chain.mempool).toEqual([second.txid]);
    world.chain.mine(1);
    await world.clock.advance(2_000);
    expect((await listed())[0]).toMatchObject({ txid: second.txid, bump: null });
    expect(
      await world.clock.during(node.host.bumpFee({ txid: second.txid, feeRateSatPerKwu: 9_000 })),
    ).toMatchObject({ ok: false, error: { code: "transaction_not_bumpable" } });
    expect(
      await world.clock.during(node.host.bumpFee({ txid: first.txid, feeRateSatPerKwu: 9_000 })),
    ).toMatchObject({ ok: false, error: { code: "transaction_not_found" } });
  });

  test("adds a child to a channel's funding, which must not be replaced", async () => {
    const { world, node } = await funded();
    await node.connect(world.node("other"));
    const opened = await world.expectOk(
      node.host.openChannel({
        peer: world.node("other").id,
        capacitySat: sat(500_000n),
        announced: true,
        feeRateSatPerKwu: 253,
      }),
    );
    const [funding] = await world.clock.during(node.host.onChainTransactions());
    expect(funding).toMatchObject({ txid: opened.fundingTxid, bump: "child" });
    const child = await world.expectOk(
      node.host.bumpFee({ txid: opened.fundingTxid, feeRateSatPerKwu: 5_000 }),
    );
    expect(world.chain.mempool).toEqual([opened.fundingTxid, child.txid]);
  });
});
