import { noPositionals, waitSeconds } from "../arguments.ts";
import { online } from "../context.ts";
import type { Context } from "../context.ts";
import { followToEnd } from "./buy-sell.ts";
import { failed } from "../command-failed.ts";

/** Stays until every order that was interrupted has ended. */
export async function resume(context: Context): Promise<void> {
  noPositionals(context.args);
  const wait = waitSeconds(context.args, 600);
  await online(context, async (onlineContext) => {
    const { wallet, output } = onlineContext;
    const orders = await wallet.api.orders.list({ limit: 20 });
    if (!orders.ok) throw failed(orders.error);
    const open = orders.value.orders.filter((order) => !order.final);
    if (open.length === 0) {
      output.result("Nothing is under way.", { open: 0 });
      return;
    }
    for (const order of open) await followToEnd(onlineContext, order, wait);
  });
}
