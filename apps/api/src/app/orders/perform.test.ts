import { msat, ok } from "@satsconnect/money";
import { expect, test } from "vitest";
import { sampleBuy } from "../../domain/samples.ts";
import { noStops } from "../../domain/stops.ts";
import { perform } from "./perform.ts";
import type { OrderRails } from "./perform.ts";

const buy = sampleBuy({ orderId: "o", quoteId: "q", walletId: "w", tag: "1" });

type PayRequest = Parameters<OrderRails["lightning"]["pay"]>[0];

/** The request with which the node is asked to pay a buy of this amount. */
async function payRequest(amountMsat: bigint): Promise<PayRequest | undefined> {
  const requests: PayRequest[] = [];
  // Only what this effect uses.
  const rails = {
    lightning: {
      pay: async (request: PayRequest) => {
        requests.push(request);
        return ok(null);
      },
    },
    settings: { stops: noStops },
  } as unknown as OrderRails;
  const order = { ...buy, lightning: { ...buy.lightning, amountMsat: msat(amountMsat) } };
  await perform(rails, order, { type: "pay_invoice" });
  return requests[0];
}

test("10: a buy may cost 1 % in routing fees, and 10 sat if that is more", async () => {
  expect((await payRequest(250_000_000n))?.maxFeeMsat).toBe(2_500_000n);
  expect((await payRequest(500_000n))?.maxFeeMsat).toBe(10_000n);
});

test("7: a buy is sent while its price is valid, or not at all", async () => {
  expect(await payRequest(1_000_000n)).toMatchObject({
    sendBy: buy.priceUntil,
    expectedNodeId: buy.nodeId,
  });
});
