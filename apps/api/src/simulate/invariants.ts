import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import { accounts, findImbalance } from "../domain/postings.ts";
import type { Account } from "../domain/postings.ts";
import { holdBlocks } from "../domain/policy.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { SimulatedNode } from "./node.ts";

/** The sweeper must find a due order within this time of uninterrupted running. */
const maxDelayMs = 10 * 60_000;

export type Observed = {
  readonly store: MemoryOrderStore;
  readonly mpesa: SimulatedMpesa;
  readonly node: SimulatedNode;
};

/** Checks the rules that must hold after every step. Returns the first violation, or null. */
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
      if (deadlineAt === null || wakeAt === null) return `${id} is ${state} without a wake-up`;
      if (wakeAt > deadlineAt) return `${id} is ${state} and its wake-up is after its deadline`;
      const since = Math.max(wakeAt, upSince);
      if (now - since > maxDelayMs) return `${id} is ${state} and was not woken in time`;
    }
    return null;
  };
}

/**
 * Checks the moment M-Pesa first receives the payout of a sell: the payment must be held, with enough blocks left to find
 * out the payout's outcome, however long the process was down. Returns a violation, or null.
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

/** Checks the rules that must hold when every order has come to rest. */
export function checkEnd(
  { store, mpesa, node }: Observed,
  /** Process or node were down for hours, so deadlines passed that nobody could keep. */
  wasAbsent: boolean,
): readonly string[] {
  const findings: string[] = [];
  const orders = store.orders();
  for (const order of orders)
    findings.push(...checkOrder(order, { store, mpesa, node }, wasAbsent));

  const balance = (account: Account) => store.balance(account);
  const total = { KES: 0n, MSAT: 0n };
  for (const account of Object.keys(accounts) as Account[]) {
    total[accounts[account].currency] += balance(account);
  }
  if (total.KES !== 0n || total.MSAT !== 0n) findings.push("The ledger does not sum to zero");

  const unknowable = unknowablePayments(orders, store, mpesa);
  const unclear = orders
    .filter((order) => order.kind === "sell" && order.state === "case")
    .reduce((sum, order) => sum + movedUnbooked(order, mpesa), 0n);
  const utility = balance("mpesa_available") + balance("mpesa_reserved");
  if (utility + unclear !== mpesa.utility()) {
    findings.push(`M-Pesa's utility account has ${mpesa.utility()}, the ledger ${utility}`);
  }
  const collections = balance("mpesa_collections");
  if (collections + unknowable !== mpesa.collections()) {
    findings.push(
      `M-Pesa collected ${mpesa.collections()}, the ledger has ${collections} and ${unknowable} that cannot be known`,
    );
  }
  if (balance("treasury") !== node.treasury()) {
    findings.push(`The node has ${node.treasury()}, the ledger ${balance("treasury")}`);
  }
  const open = orders.some(({ state }) => !isFinal(state) && state !== "case");
  if (!open && balance("owed_to_holders") !== 0n)
    findings.push("Sats are owed without an open order");
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
  if (!resting) say("did not come to rest");
  if (paidIn.length > 1) say("paid in twice");
  if (paidOut.length > 1) say("paid out twice");
  if (sent.length > 1) say("sent over Lightning twice");
  if (order.kind === "buy") {
    if (sent.length > 0 && paidIn.length === 0) say("sent sats without being paid");
    if (paidOut.length > 0 && paidIn.length === 0) say("refunded without being paid");
    if (paidOut.length > 0 && sent.length > 0) say("refunded and delivered");
    if (order.state === "paid" && sent.length !== 1) say("ended as paid without a payment");
    if (order.state === "refunded" && paidOut.length !== 1)
      say("ended as refunded without a refund");
    if (order.state === "cancelled" || order.state === "expired") {
      if (sent.length + paidOut.length > 0) say("ended as if nothing was paid");
      const isAccountedFor =
        isSetAside(order, store) || order.credit !== "none" || store.caseCount(order.id) > 0;
      if (hasGenuineCallback(order, store, mpesa) && !isAccountedFor)
        say("kept shillings without a case");
    }
    return findings;
  }
  const held = order.held === null ? undefined : node.payment(order.held.paymentHash);
  const claimed = held?.state === "succeeded";
  const gone = held === undefined || held.state === "returned" || held.state === "expired";
  if (paidOut.length > 0 && gone && !wasAbsent)
    say("paid out although the payment was failed back");
  if (claimed && paidOut.length === 0 && !["owed", "refunded", "refunding"].includes(order.state)) {
    say("claimed the sats without a payout");
  }
  if (order.state === "claimed" && (!claimed || paidOut.length !== 1))
    say("ended as claimed without claim and payout");
  if (
    (order.state === "cancelled" || order.state === "expired") &&
    held !== undefined &&
    !gone &&
    held.state !== "open"
  ) {
    say(`ended without failing the payment back (${held.state})`);
  }
  if (order.state === "refunded" && (sent.length !== 1 || paidOut.length > 0))
    say("ended as refunded without a refund");
  return findings;
}

/**
 * Received shillings that no message told us about: neither a callback nor an answer to a query before the order ended.
 * Only M-Pesa's statement shows them.
 */
function unknowablePayments(
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

/** Whether the evidence contains a genuine callback of success. */
function hasGenuineCallback(order: Order, store: MemoryOrderStore, mpesa: SimulatedMpesa): boolean {
  const names = new Set(paidPrompts(order, mpesa).map((prompt) => prompt.checkoutRequestId));
  return store.evidenceOf(order.id).some(({ kind, body }) => {
    if (kind !== "prompt") return false;
    const callback = mpesa.stk.readCallback(body);
    return callback !== null && callback.succeeded && names.has(callback.checkoutRequestId);
  });
}

/** The amount of a payout that M-Pesa made but the ledger cannot know about. */
function movedUnbooked(order: Order, mpesa: SimulatedMpesa): bigint {
  const paid = mpesa.payoutList.some(
    ({ orderId, state }) => orderId === order.id && state === "paid",
  );
  return paid && order.payout.status !== "confirmed" ? 0n - order.payout.amountKesCents : 0n;
}
