import { noPositionals, waitSeconds } from "../arguments.ts";
import { withWallet } from "../context.ts";
import type { Context } from "../context.ts";
import { followToEnd } from "./buy-sell.ts";
import { failed } from "../command-failed.ts";

/** Follows the open orders among the newest 20, one after another, until each is final. */
export async function resume(context: Context): Promise<void> {
  noPositionals(context.args);
  const wait = waitSeconds(context.args, 600);
  await withWallet(context, async (walletContext) => {
    const { wallet, output } = walletContext;
    const orders = await wallet.api.orders.list({ limit: 20 });
    if (!orders.ok) throw failed(orders.error);
    const open = orders.value.orders.filter((order) => !order.final);
    if (open.length === 0) {
      output.result("No open orders.", { open: 0 });
      return;
    }
    for (const order of open) await followToEnd(walletContext, order, wait);
  });
}
