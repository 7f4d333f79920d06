import path from "node:path";
import type { Order, OrderKind, OrderState } from "@satsconnect/contracts";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { valueOf } from "@satsconnect/money";
import { waitFor } from "../../scripts/support/processes.ts";
import type { TestSystem } from "./harness.ts";

/** A wallet inside the test, for what needs to look into it. */
export type TestWallet = FolderWallet & {
  readonly words: string;
  readonly folder: string;
  /** Closes it and opens it again from what its folder holds. */
  readonly reopen: () => Promise<TestWallet>;
};

export async function openTestWallet(
  { system }: TestSystem,
  name: string,
  options: { readonly words?: string; readonly fetch?: typeof globalThis.fetch } = {},
): Promise<TestWallet> {
  const { words = newMnemonic(), fetch } = options;
  const folder = path.join(system.home, "wallets", name);
  const opened = valueOf(
    await openFolderWallet({
      folder,
      apiUrl: system.urls.api,
      seed: () => seedOf(words),
      chainPollMs: 300,
      ...(fetch === undefined ? {} : { fetch }),
    }),
  );
  if (!(await opened.wallet.whenConnected(20_000))) throw new Error("The wallet has no connection");
  return {
    ...opened,
    words,
    folder,
    reopen: async () => {
      await opened.close();
      return openTestWallet({ system } as TestSystem, name, { ...options, words });
    },
  };
}

/** What the wallet's channels hold for it. */
export async function spendableMsat({ wallet }: FolderWallet): Promise<bigint> {
  return (await wallet.balances()).channelsMsat;
}

export type Exchange = {
  readonly kind: OrderKind;
  readonly kesCents: bigint;
  readonly msisdn: string;
};

/** Opens an order from a fresh quote. What was just started again may take a moment to be found by the others. */
export async function openOrder(
  { wallet }: FolderWallet,
  { kind, kesCents, msisdn }: Exchange,
): Promise<Order> {
  const amountKesCents = kesCents.toString();
  const request = kind === "buy" ? { kind, amountKesCents } : { kind, amountKesCents, msisdn };
  let answer = await wallet.quote(request);
  await waitFor("a quote", async () => {
    if (!answer.ok && answer.error.code === "engine_unavailable")
      answer = await wallet.quote(request);
    return answer.ok || answer.error.code !== "engine_unavailable";
  });
  const quote = valueOf(answer);
  return valueOf(await (kind === "buy" ? wallet.buy : wallet.sell)(quote, msisdn));
}

/** Follows an order until it is final. @throws when that takes too long. */
export async function untilFinal(
  { wallet }: FolderWallet,
  orderId: string,
  timeoutMs = 120_000,
): Promise<{ readonly order: Order; readonly states: readonly OrderState[] }> {
  const states: OrderState[] = [];
  const signal = AbortSignal.timeout(timeoutMs);
  for await (const event of wallet.follow(orderId, signal)) states.push(event.state);
  const order = valueOf(await wallet.api.orders.get(orderId));
  if (!order.final) {
    throw new Error(`Order ${orderId} is ${order.state} after ${states.join(" → ")}`);
  }
  return { order, states };
}

/** Waits until an order is in one of these states (or behind them, when it is final). */
export async function untilState(
  { wallet }: FolderWallet,
  orderId: string,
  wanted: readonly OrderState[],
  timeoutMs = 60_000,
): Promise<Order> {
  let order = valueOf(await wallet.api.orders.get(orderId));
  await waitFor(
    `order ${orderId} in ${wanted.join(" or ")}`,
    async () => {
      order = valueOf(await wallet.api.orders.get(orderId));
      if (order.final && !wanted.includes(order.state))
        throw new Error(`the order has ended as ${order.state}`);
      return wanted.includes(order.state);
    },
    timeoutMs,
  );
  return order;
}

/** Buys in one go: quote, order, PIN, arrival. */
export async function buy(
  test: TestSystem,
  holder: FolderWallet,
  msisdn: string,
  kesCents: bigint,
): Promise<Order> {
  const order = await openOrder(holder, { kind: "buy", kesCents, msisdn });
  await test.mpesa.payPrompt(msisdn);
  const { order: ended } = await untilFinal(holder, order.id);
  if (ended.state !== "paid") throw new Error(`The buy has ended as ${ended.state}`);
  await holder.wallet.settled(ended.paymentHash ?? "", "inbound", 30_000);
  return ended;
}
