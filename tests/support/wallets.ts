import path from "node:path";
import type { Order, OrderKind, OrderState } from "@satsconnect/contracts";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { valueOf } from "@satsconnect/money";
import { waitFor } from "../../scripts/support/processes.ts";
import type { TestSystem } from "./harness.ts";

/** A wallet inside the test process, whose internals tests can read. */
export type TestWallet = FolderWallet & {
  readonly words: string;
  readonly folder: string;
  /** Closes the wallet and reopens it from its folder. */
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
  if (!(await opened.wallet.whenConnected(20_000)))
    throw new Error("The wallet did not connect to the operator");
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

/** Spendable balance of the wallet's channels. */
export async function spendableMsat({ wallet }: FolderWallet): Promise<bigint> {
  return (await wallet.balances()).channelsMsat;
}

export type OrderTerms = {
  readonly kind: OrderKind;
  readonly kesCents: bigint;
  readonly msisdn: string;
};

/** Opens an order from a fresh quote. Retries while restarted processes reconnect. */
export async function openOrder(
  { wallet }: FolderWallet,
  { kind, kesCents, msisdn }: OrderTerms,
): Promise<Order> {
  const amountKesCents = kesCents.toString();
  const request = kind === "buy" ? { kind, amountKesCents } : { kind, amountKesCents, msisdn };
  let quoted = await wallet.quote(request);
  await waitFor("a quote", async () => {
    if (!quoted.ok && quoted.error.code === "engine_unavailable")
      quoted = await wallet.quote(request);
    return quoted.ok || quoted.error.code !== "engine_unavailable";
  });
  const quote = valueOf(quoted);
  return valueOf(await (kind === "buy" ? wallet.buy : wallet.sell)(quote, msisdn));
}

/** Waits until an order is final. @throws on timeout. */
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

/** Waits until an order is in one of these states, or in a final state. */
export async function untilState(
  { wallet }: FolderWallet,
  orderId: string,
  states: readonly OrderState[],
  timeoutMs = 60_000,
): Promise<Order> {
  let order = valueOf(await wallet.api.orders.get(orderId));
  await waitFor(
    `order ${orderId} in ${states.join(" or ")}`,
    async () => {
      order = valueOf(await wallet.api.orders.get(orderId));
      if (order.final && !states.includes(order.state))
        throw new Error(`the order ended in state ${order.state}`);
      return states.includes(order.state);
    },
    timeoutMs,
  );
  return order;
}

/** Completes a buy: quote, order, PIN, arrival of the sats. */
export async function buy(
  test: TestSystem,
  holder: FolderWallet,
  msisdn: string,
  kesCents: bigint,
): Promise<Order> {
  const order = await openOrder(holder, { kind: "buy", kesCents, msisdn });
  await test.mpesa.payPrompt(msisdn);
  const { order: ended } = await untilFinal(holder, order.id);
  if (ended.state !== "paid") throw new Error(`The buy ended in state ${ended.state}`);
  await holder.wallet.settled(ended.paymentHash ?? "", "inbound", 30_000);
  return ended;
}
