import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { messageType } from "./peer-messages.ts";
import { inventChannel, regtestChain } from "./invented-channels.ts";
import { acceptNone } from "../model/node-policy.ts";
import { addOperator, openPublicChannel } from "./operator.ts";
import { connectStranger } from "./stranger.ts";
import { World } from "./world.ts";

const loading = loadCore({ prefer: "addon" });
const minute = 60_000;

/** An LSP and a merchant with a public channel. */
async function operator(seed: string) {
  const world = new World({ core: await loading, seed });
  const { lsp, merchant } = await addOperator(world);
  await openPublicChannel(world, merchant, lsp);
  const size = () => world.clock.during(lsp.host.graphSize());
  return { world, lsp, merchant, size };
}

async function pay(world: World, from: string, to: string): Promise<void> {
  const made = await world.expectOk(
    world.node(to).host.createInvoice({ amountMsat: msat(1_000_000n), expirySeconds: 600 }),
  );
  await world.expectOk(
    world.node(from).host.pay({ invoice: made.request ?? "", maxFeeMsat: msat(50_000n) }),
  );
  const end = await world.clock.during(
    world.node(from).host.whenSettled(made.paymentHash, "outbound"),
  );
  expect(end?.state).toBe("succeeded");
}

test(
  "a stranger's 10,000 invented channels do not enter the graph, cost few look-ups, and delay no payment",
  { timeout: 3 * minute },
  async () => {
    const { world, lsp, size } = await operator("invented channels");
    expect(await size()).toEqual({ nodes: 2, channels: 1 });
    const before = world.chain.lookups;
    const stranger = await connectStranger(world, "stranger", lsp);
    const now = Math.floor(world.clock.now() / 1_000);
    for (let index = 0; index < 10_000; index++) {
      const messages = inventChannel("invented", world.chain.blocks[0]?.height ?? 0, index, now);
      for (const message of messages) stranger.send(message);
      if (index === 5_000) await pay(world, "merchant", "lsp");
    }
    await world.clock.advance(5_000);
    expect(stranger.isConnected()).toBe(true);
    expect(await size()).toEqual({ nodes: 2, channels: 1 });
    expect(world.chain.lookups - before).toBeLessThanOrEqual(100);
    await pay(world, "merchant", "lsp");
    world.crashAll();
  },
);

test("a real channel enters the graph of a node that verifies, and leaves it when it closes", async () => {
  const { world, lsp, merchant, size } = await operator("real channels");
  // a third node learns of the channel from the LSP, and looks it up
  const observer = await world.add("observer", {
    policy: { acceptChannel: acceptNone },
    settings: { announced: true, alias: "observer" },
  });
  await observer.connect(lsp);
  await world.clock.advance(5_000);
  const seen = () => world.clock.during(observer.host.graphSize());
  expect(await seen()).toEqual({ nodes: 2, channels: 1 });
  expect(world.chain.lookups).toBeGreaterThan(0);

  const [channel] = await world.clock.during(merchant.host.channels());
  await world.expectOk(merchant.host.closeChannel(channel?.channelId ?? "", { force: false }));
  await world.clock.advance(5_000);
  world.chain.mine(6);
  await world.clock.advance(2 * minute);
  expect(await seen()).toEqual({ nodes: 0, channels: 0 });
  expect(await size()).toEqual({ nodes: 0, channels: 0 });
  world.crashAll();
});

test("answers a query for channels as BOLT 7 says", async () => {
  const { world, lsp } = await operator("gossip query");
  const stranger = await connectStranger(world, "stranger", lsp);
  const [channel] = await world.clock.during(lsp.host.channels());
  const id = Buffer.alloc(8);
  id.writeBigUInt64BE(BigInt(channel?.scid ?? 0));
  const unknown = Buffer.alloc(8, 1);
  const query = Buffer.concat([
    Buffer.from([0x01, 0x05]),
    regtestChain,
    // length, encoding 0 (uncompressed), short channel ids
    Buffer.from([0, 17, 0]),
    unknown,
    id,
  ]);
  const start = stranger.received.length;
  stranger.send(query);
  await world.clock.advance(1_000);
  const answer = stranger.received.slice(start);
  expect(answer.map((message) => message.readUInt16BE())).toEqual([
    messageType.channelAnnouncement,
    messageType.channelUpdate,
    messageType.channelUpdate,
    messageType.nodeAnnouncement,
    messageType.nodeAnnouncement,
    messageType.replyShortChannelIdsEnd,
  ]);
  const [announcement = Buffer.alloc(0)] = answer;
  // type, four signatures, the length of the features and the features
  const features = announcement.readUInt16BE(258);
  expect(announcement.subarray(260 + features, 300 + features)).toEqual(
    Buffer.concat([regtestChain, id]),
  );
  expect(answer.at(-1)).toEqual(
    Buffer.concat([Buffer.from([0x01, 0x06]), regtestChain, Buffer.from([1])]),
  );
  world.crashAll();
});
