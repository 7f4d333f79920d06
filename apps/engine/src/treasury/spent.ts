import type { LightningNode } from "@satsconnect/lightning";

const page = 200;

/** What left the treasury, or is on its way, of payments begun since then; fees as paid, or at their limit. In msat. */
export async function spentSince(node: LightningNode, since: number): Promise<bigint> {
  let spent = 0n;
  let before: number | undefined;
  for (;;) {
    const payments = await node.payments(
      before === undefined ? { limit: page } : { before, limit: page },
    );
    for (const payment of payments) {
      if (payment.createdAt < since) return spent;
      if (payment.direction !== "outbound" || payment.state === "failed") continue;
      spent += payment.amountMsat + (payment.feeMsat ?? payment.feeLimitMsat);
    }
    const last = payments.at(-1);
    if (payments.length < page || last === undefined) return spent;
    before = last.number;
  }
}
