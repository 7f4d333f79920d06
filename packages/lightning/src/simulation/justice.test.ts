import { msat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import type { JusticeItem } from "../model/justice.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import type { CommitPhase } from "../runtime/core-loop.ts";
import { addOperator, seedLabels } from "./operator.ts";
import { prepareStory } from "./story.ts";
import { World } from "./world.ts";

const minute = 60_000;
const loading = loadCore({ prefer: "addon" });

async function open(): Promise<World> {
  const core = await loading;
  const from = await prepareStory({ core, seed: "justice" });
  const world = new World({ core, seed: "justice", from });
  const { lsp } = await addOperator(world, {});
  const wallet = await world.add("wallet", {
    seedLabel: seedLabels.wallet,
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true, justice: true },
  });
  await wallet.connect(lsp);
  await world.clock.advance(minute);
  const jit = await world.expectOk(
    wallet.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(60_000_000n),
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(2_000_000n),
    }),
  );
  const merchant = world.node("merchant");
  await world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(50_000n) }));
  await world.clock.during(wallet.host.whenSettled(jit.payment.paymentHash, "inbound"));
  await world.clock.advance(minute);
  return world;
}

async function receive(world: World, amountMsat: bigint, onInvoice = () => {}): Promise<void> {
  const wallet = world.node("wallet");
  const made = await world.expectOk(
    wallet.host.createInvoice({ amountMsat: msat(amountMsat), expirySeconds: 600 }),
  );
  onInvoice();
  const merchant = world.node("merchant").host;
  await world.expectOk(merchant.pay({ invoice: made.request ?? "", maxFeeMsat: msat(50_000n) }));
  await world.clock.advance(10_000);
  if (!wallet.isUp) await wallet.open();
  const paid = await world.clock.during(merchant.whenSettled(made.paymentHash, "outbound"));
  expect(paid?.state).toBe("succeeded");
  await world.clock.advance(minute);
}

const items = (world: World): Promise<readonly JusticeItem[]> =>
  world.clock.during(world.node("wallet").host.justice.list(1_000));
const revoked = (list: readonly JusticeItem[]): readonly string[] =>
  list.flatMap((item) => (item.type === "revoked" ? [item.commitmentTxid] : []));

describe("what the watchtower has to be told", () => {
  test("grows with each revoked state, is told when the channel closes, and is deleted once delivered", async () => {
    const world = await open();
    const { host } = world.node("wallet");
    const first = await items(world);
    expect(first.length).toBeGreaterThan(0);
    let calls = 0;
    const stop = host.justice.observe(() => {
      calls += 1;
    });
    await receive(world, 1_000_000n);
    const second = await items(world);
    expect(second.length).toBeGreaterThanOrEqual(first.length + 2);
    expect(calls).toBeGreaterThan(0);
    expect(host.justice.state()).toEqual({ waiting: second.length, dropped: 0 });
    await world.clock.during(host.justice.delivered(first));
    expect(await items(world)).toEqual(second.slice(first.length));
    stop();
    const [channel] = await world.clock.during(host.channels());
    await world.expectOk(host.closeChannel(channel?.channelId ?? "", { force: true }));
    await world.clock.advance(minute);
    expect((await items(world)).at(-1)).toMatchObject({
      type: "closed",
      channelId: channel?.channelId,
    });
    world.crashAll();
  });

  test.each(["beforeStore", "stored", "sent"] as const satisfies readonly CommitPhase[])(
    "is complete and has nothing twice after power cuts %s",
    async (phase) => {
      const world = await open();
      const wallet = world.node("wallet");
      const calm = revoked(await items(world)).length;
      for (let round = 0; round < 4; round++) {
        // at the first, second, … commit since the payment began
        await receive(world, 1_000_000n + BigInt(round), () =>
          wallet.plan({ node: "wallet", commit: wallet.medium.commitNumber + 1 + round, phase }),
        );
      }
      expect(wallet.crashes).toBe(4);
      const list = revoked(await items(world));
      expect(new Set(list).size).toBe(list.length);
      // each payment has revoked at least two states
      expect(list.length).toBeGreaterThanOrEqual(calm + 8);
      world.crashAll();
    },
  );
});
