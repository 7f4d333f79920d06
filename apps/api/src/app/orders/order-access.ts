import type { Order } from "../../domain/order.ts";
import type { OrderStore } from "./ports.ts";

/**
 * The order, if it belongs to the wallet; otherwise null. Only the wallet that opened an order may see or change it, and
 * another wallet's order looks like one that does not exist.
 */
export async function findOwnOrder(
  store: Pick<OrderStore, "find">,
  walletId: string,
  orderId: string,
): Promise<Order | null> {
  const order = await store.find(orderId);
  return order?.walletId === walletId ? order : null;
}
