import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import { accounts, findImbalance } from "../domain/postings.ts";
import type { Account } from "../domain/postings.ts";
import { holdBlocks } from "../domain/policy.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { SimulatedNode } from "./node.ts";

/** Within that time of being up without a break, the sweeper must have found what is due. */
const longestDelayMs = 10 * 60_000;

export type Observed = {
  readonly store: MemoryOrderStore;
  readonly mpesa: SimulatedMpesa;
  readonly node: SimulatedNode;
};

/** What must hold after every single step. Gives the first thing that does not. */
export function createStepChecks({
  store,
}: Observed): (now: number, upSince: number) => string | null {
  const ended = new Map<string, string>();
  let journalsSeen = 0;

  return (now, upSince) => {
    const journals = store.journals();
    for (; journalsSeen < journals.length; journalsSeen += 1) {
      const journal = journals[journalsSeen];
      const fault = findImbalance(journal?.entries ?? []);
      if (fault !== null) return `${journal?.kind} ${fault}`;
    }
    for (const order of store.orders()) {
      const { id, state, deadlineAt, wakeAt } = order;
      if (isFinal(state)) {
        const settled = `${state} ${order.reason} ${order.payout.status}`;
        const before = ended.get(id);
        if (before !== undefined && before !== settled)
          return `${id} changed after ${before}: ${settled}`;
        ended.set(id, settled);
        continue;
      }
      if (deadlineAt === null || wakeAt === null) return `${id} is ${state} and nothing wakes it`;
      if (wakeAt > deadlineAt) return `${id} is ${state} and is woken after its deadline`;
      const since = Math.max(wakeAt, upSince);
      if (now - since > longestDelayMs) return `${id} is ${state} and has been due for too long`;
    }
    return null;
  };
}

/**
 * When M-Pesa first gets the payout of a sell: the payment is held, and long enough to find out what becomes of it. Never
 * anything else, however long the process was away.
 */
export function checkPayout(
  orderId: string,
  { store, node }: Pick<Observed, "store" | "node">,
): string | null {
  const order = store.orders().find(({ id }) => id === orderId);
  if (order?.kind !== "sell") return null;
  if (order.state === "owed") return null;
  const held = order.held === null ? undefined : node.payment(order.held.paymentHash);
  if (held?.state !== "held") {
    return `${orderId} pays out while its payment is ${held?.state ?? "unknown"}`;
  }
  const left = held.claimDeadlineHeight - node.height();
  return left < holdBlocks.protectiveClaim ? `${orderId} pays out with ${left} blocks left` : null;
}

/** What must hold when everything has come to rest. */
export function checkEnd(
  { store, mpesa, node }: Observed,
  /** Nobody can keep a promise that runs out while nobody is there: process or node were away for hours. */
  wasAbsent: boolean,
): readonly string[] {
  const findings: string[] = [];
  const orders = store.orders();
  for (const order of orders)
    findings.push(...checkOrder(order, { store, mpesa, node }, wasAbsent));

  const book = (account: Account) => store.balance(account);
  const total = { KES: 0n, MSAT: 0n };
  for (const account of Object.keys(accounts) as Account[]) {
    total[accounts[account].currency] += book(account);
  }
  if (total.KES !== 0n || total.MSAT !== 0n) findings.push("The books do not add up to zero");

  const untold = unknowable(orders, store, mpesa);
  const unclear = orders
    .filter((order) => order.kind === "sell" && order.state === "case")
    .reduce((sum, order) => sum + movedUnbooked(order, mpesa), 0n);
  const utility = book("mpesa_available") + book("mpesa_reserved");
  if (utility + unclear !== mpesa.utility()) {
    findings.push(`M-Pesa can pay out ${mpesa.utility()}, the books say ${utility}`);
  }
  const collections = book("mpesa_collections");
  if (collections + untold !== mpesa.collections()) {
    findings.push(
      `M-Pesa collected ${mpesa.collections()}, the books ${collections} and ${untold}`,
    );
  }
  if (book("treasury") !== node.treasury()) {
    findings.push(`The node has ${node.treasury()}, the books ${book("treasury")}`);
  }
  const open = orders.some(({ state }) => !isFinal(state) && state !== "case");
  if (!open && book("owed_to_holders") !== 0n) findings.push("Something is owed to nobody");
  return findings;
}

function checkOrder(order: Order, { store, mpesa, node }: Observed, wasAbsent: boolean): string[] {
  const findings: string[] = [];
  const say = (text: string) =>
    findings.push(`${order.id} (${order.kind}, ${order.state}, ${order.reason}): ${text}`);
  const paidIn = paidPrompts(order, mpesa);
  const paidOut = mpesa.payoutList.filter(
    ({ orderId, state }) => orderId === order.id && state === "paid",
  );
  const sent = node.paidOut().filter(({ key }) => key.startsWith(`order:${order.id}:`));
  const resting =
    isFinal(order.state) ||
    order.state === "case" ||
    (order.state === "owed" && order.payout.status === "failed");
  if (!resting) say("has not come to rest");
  if (paidIn.length > 1) say("paid in twice");
  if (paidOut.length > 1) say("paid out twice");
  if (sent.length > 1) say("sent over Lightning twice");
  if (order.kind === "buy") {
    if (sent.length > 0 && paidIn.length === 0) say("sats went out for nothing");
    if (paidOut.length > 0 && paidIn.length === 0) say("paid back what never came");
    if (paidOut.length > 0 && sent.length > 0) say("paid back and delivered");
    if (order.state === "paid" && sent.length !== 1) say("ended as paid without a payment");
    if (order.state === "refunded" && paidOut.length !== 1)
      say("ended as refunded without a refund");
    if (order.state === "cancelled" || order.state === "expired") {
      if (sent.length + paidOut.length > 0) say("ended as if nothing had happened");
      const noticed =
        isSetAside(order, store) || order.credit !== "none" || store.caseCount(order.id) > 0;
      if (wasTold(order, store, mpesa) && !noticed) say("kept shillings unnoticed");
    }
    return findings;
  }
  const held = order.held === null ? undefined : node.payment(order.held.paymentHash);
  const claimed = held?.state === "succeeded";
  const gone = held === undefined || held.state === "returned" || held.state === "expired";
  if (paidOut.length > 0 && gone && !wasAbsent) say("paid out although the payment went back");
  if (claimed && paidOut.length === 0 && !["owed", "refunded", "refunding"].includes(order.state)) {
    say("took the sats without paying");
  }
  if (order.state === "claimed" && (!claimed || paidOut.length !== 1))
    say("ended as claimed, but is not");
  if (
    (order.state === "cancelled" || order.state === "expired") &&
    held !== undefined &&
    !gone &&
    held.state !== "open"
  ) {
    say(`ended without handing the payment back (${held.state})`);
  }
  if (order.state === "refunded" && (sent.length !== 1 || paidOut.length > 0))
    say("ended as refunded, but is not");
  return findings;
}

/**
 * Shillings of which no message reached us: no callback, and no answer to a query before the order ended. Only M-Pesa's
 * statement shows them.
 */
function unknowable(
  orders: readonly Order[],
  store: MemoryOrderStore,
  mpesa: SimulatedMpesa,
): bigint {
  return orders
    .filter((order) => order.kind === "buy" && order.credit === "none" && !isSetAside(order, store))
    .flatMap((order) => paidPrompts(order, mpesa))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

function paidPrompts(order: Order, mpesa: SimulatedMpesa) {
  return mpesa.prompts.filter(({ orderId, state }) => orderId === order.id && state === "paid");
}

function isSetAside(order: Order, store: MemoryOrderStore): boolean {
  return store
    .journals()
    .some(({ orderId, kind }) => orderId === order.id && kind === "kes_received_for_case");
}

/** Whether a genuine callback of success is among the evidence. */
function wasTold(order: Order, store: MemoryOrderStore, mpesa: SimulatedMpesa): boolean {
  const names = new Set(paidPrompts(order, mpesa).map((prompt) => prompt.checkoutRequestId));
  return store.evidenceOf(order.id).some(({ kind, body }) => {
    if (kind !== "prompt") return false;
    const callback = mpesa.stk.readCallback(body);
    return callback !== null && callback.succeeded && names.has(callback.checkoutRequestId);
  });
}

/** A payout that M-Pesa made and that only a person can find out about. */
function movedUnbooked(order: Order, mpesa: SimulatedMpesa): bigint {
  const paid = mpesa.payoutList.some(
    ({ orderId, state }) => orderId === order.id && state === "paid",
  );
  return paid && order.payout.status !== "confirmed" ? 0n - order.payout.amountKesCents : 0n;
}
