import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { openStory, prepareStory } from "./story.ts";
import type { World } from "./world.ts";

const loading = loadCore({ prefer: "wasm" });
const prepared = loading.then((core) => prepareStory({ core, seed: "claimed" }));
const amountMsat = msat(937_163n);

/** The balances of the operator's node at one moment. */
async function booksOf(world: World) {
  const { host } = world.node("lsp");
  const { channelsMsat, inboundPendingMsat } = await world.clock.during(host.balances());
  const channels = await world.clock.during(host.channels());
  const htlcs = channels.reduce((sum, { pendingHtlcs }) => sum + pendingHtlcs, 0);
  return { channelsMsat, inboundPendingMsat, htlcs };
}

// The engine is killed while it claims a sell. The payment is `claimed` and no longer pending, but the channel's balance
// has it only once the wallet has answered: until then the books lack exactly this amount, and a channel has an HTLC.
test.for([0, 1, 6, 12, 20])(
  "a claimed payment is in the balance once no HTLC is pending; the LSP crashes %i ms after claiming it",
  async (delayMs) => {
    const world = await openStory({ core: await loading, seed: "claimed" }, await prepared);
    try {
      const [lsp, wallet, merchant] = ["lsp", "wallet", "merchant"].map((name) => world.node(name));
      if (lsp === undefined || wallet === undefined || merchant === undefined) throw new Error();
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "",
          expirySeconds: 600,
          maxOpeningFeeMsat: msat(2_000_000n),
        }),
      );
      await world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(50_000n) }));
      await world.clock.during(wallet.host.whenSettled(jit.payment.paymentHash, "inbound"));
      await world.clock.advance(10_000);
      const before = await booksOf(world);
      expect(before).toMatchObject({ htlcs: 0, inboundPendingMsat: 0n });

      const { paymentHash, request } = await world.expectOk(
        lsp.host.createInvoice({ amountMsat, expirySeconds: 600, hold: true }),
      );
      await world.expectOk(wallet.host.pay({ invoice: request ?? "", maxFeeMsat: msat(50_000n) }));
      await world.clock.during(lsp.host.whenSettled(paymentHash, "inbound"));
      await world.expectOk(lsp.host.claimHeld(paymentHash));
      await world.clock.advance(delayMs);
      lsp.crash();
      await world.clock.advance(500);
      await lsp.open();
      let differed = false;
      const isDone = async () => {
        const { channelsMsat, inboundPendingMsat, htlcs } = await booksOf(world);
        const isWhole = channelsMsat === before.channelsMsat + amountMsat;
        // whenever nothing is pending, in the records and in the channels, the books are exact
        if (inboundPendingMsat === 0n && htlcs === 0) expect(isWhole).toBe(true);
        if (inboundPendingMsat === 0n && !isWhole) differed = true;
        return isWhole;
      };
      for (let steps = 0; steps < 5_000 && !(await isDone()); steps++) await world.clock.advance(5);
      expect(await isDone()).toBe(true);
      expect((await world.clock.during(lsp.host.payment(paymentHash, "inbound")))?.state).toBe(
        "claimed",
      );
      // a crash before the wallet has answered leaves a time in which the records alone say too little
      if (delayMs < 2) expect(differed).toBe(true);
    } finally {
      world.crashAll();
    }
  },
);
