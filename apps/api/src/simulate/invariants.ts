import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import { accounts, findImbalance } from "../domain/postings.ts";
import type { Account } from "../domain/postings.ts";
import { holdBlocks } from "../domain/policy.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { SimulatedNode } from "./node.ts";

/** The sweeper must wake a due order within this time, while the process runs without interruption. */
const maxDelayMs = 10 * 60_000;

/** A payout request can arrive this long after the node was asked about the held payment. */
const maxRequestDelayMs = 6 * 60_000;

export type Observed = {
  readonly store: MemoryOrderStore;
  readonly mpesa: SimulatedMpesa;
  readonly node: SimulatedNode;
};

/** Returns a check of the rules that must hold after every step. The check returns the first violation, or null. */
export function createStepChecks({
  store,
}: Observed): (now: number, upSince: number) => string | null {
  const finalSummaries = new Map<string, string>();
  let journalsSeen = 0;

  return (now, upSince) => {
    const journals = store.journals();
    for (; journalsSeen < journals.length; journalsSeen += 1) {
      const journal = journals[journalsSeen];
      const imbalance = findImbalance(journal?.entries ?? []);
      if (imbalance !== null) return `${journal?.kind} ${imbalance}`;
    }
    for (const order of store.orders()) {
      const { id, state, deadlineAt, updatedAt, wakeAt } = order;
      if (isFinal(state)) {
        const summary = `${state} ${order.reason} ${order.payout.status}`;
        const before = finalSummaries.get(id);
        if (before !== undefined && before !== summary)
          return `${id} changed after ${before}: ${summary}`;
        finalSummaries.set(id, summary);
        continue;
      }
      if (deadlineAt === null || wakeAt === null) return `${id} is ${state} without a wake-up`;
      if (wakeAt > deadlineAt) return `${id} is ${state} and its wake-up is after its deadline`;
      // A change can leave a wake-up that is already due.
      const since = Math.max(wakeAt, upSince, updatedAt);
      if (now - since > maxDelayMs) return `${id} is ${state} and was not woken in time`;
    }
    return null;
  };
}

/**
 * Runs when M-Pesa first receives a sell's payout. The payment must be held then, with enough blocks left to find out the
 * payout's outcome, however long the process was down before. Returns a violation, or null.
 */
export function checkPayout(
  orderId: string,
  { store, node }: Pick<Observed, "store" | "node">,
  now: number,
): string | null {
  const order = store.orders().find(({ id }) => id === orderId);
  if (order?.kind !== "sell") return null;
  if (order.state === "owed") return null;
  const held = order.held === null ? undefined : node.payment(order.held.paymentHash);
  const forgottenAt = node.forgottenAt(order.held?.paymentHash ?? "");
  if (forgottenAt !== undefined && now - forgottenAt < maxRequestDelayMs) return null;
  if (held?.state !== "held") {
    return `${orderId} pays out while its payment is ${held?.state ?? "unknown"}`;
  }
  const unreliableSince = node.unreliableSince();
  if (unreliableSince !== null && now - unreliableSince > maxRequestDelayMs)
    return `${orderId} pays out while the chain cannot be relied upon`;
  const blocksLeft = held.claimDeadlineHeight - node.height();
  return blocksLeft < holdBlocks.protectiveClaim
    ? `${orderId} pays out with ${blocksLeft} blocks left`
    : null;
}

/** Checks the rules that must hold once every order has ended, or waits for an operator or an invoice. */
export function checkEnd(
  { store, mpesa, node }: Observed,
  /** Whether the process or the node was down for so long that deadlines could not be kept. */
  hadLongDowntime: boolean,
): readonly string[] {
  const findings: string[] = [];
  const orders = store.orders();
  for (const order of orders)
    findings.push(...checkOrder(order, { store, mpesa, node }, hadLongDowntime));

  const balance = (account: Account) => store.balance(account);
  const total = { KES: 0n, MSAT: 0n };
  for (const account of Object.keys(accounts) as Account[]) {
    total[accounts[account].currency] += balance(account);
  }
  if (total.KES !== 0n || total.MSAT !== 0n) findings.push("The ledger does not sum to zero");

  const unreported = unreportedPayments(orders, store, mpesa);
  const unbookedPayouts = orders
    .filter((order) => order.kind === "sell" && order.state === "case")
    .reduce((sum, order) => sum + unbookedPayout(order, mpesa), 0n);
  const utility = balance("mpesa_available") + balance("mpesa_reserved");
  if (utility + unbookedPayouts !== mpesa.utility()) {
    findings.push(`M-Pesa's utility account has ${mpesa.utility()}, the ledger ${utility}`);
  }
  const collections = balance("mpesa_collections");
  if (collections + unreported !== mpesa.collections()) {
    findings.push(
      `M-Pesa collected ${mpesa.collections()}, the ledger has ${collections} and ${unreported} was never reported`,
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

function checkOrder(
  order: Order,
  { store, mpesa, node }: Observed,
  hadLongDowntime: boolean,
): string[] {
  const findings: string[] = [];
  const report = (text: string) =>
    findings.push(`${order.id} (${order.kind}, ${order.state}, ${order.reason}): ${text}`);
  const paidIn = paidPrompts(order, mpesa);
  const paidOut = mpesa.payoutList.filter(
    ({ orderId, state }) => orderId === order.id && state === "paid",
  );
  const sent = node.paidOut().filter(({ key }) => key.startsWith(`order:${order.id}:`));
  const hasEnded =
    isFinal(order.state) ||
    order.state === "case" ||
    (order.state === "owed" && order.payout.status === "failed");
  if (!hasEnded) report("did not end");
  if (paidIn.length > 1) report("paid in twice");
  if (paidOut.length > 1) report("paid out twice");
  if (sent.length > 1) report("sent over Lightning twice");
  if (order.kind === "buy") {
    if (sent.length > 0 && paidIn.length === 0) report("sent sats without being paid");
    if (paidOut.length > 0 && paidIn.length === 0) report("refunded without being paid");
    if (paidOut.length > 0 && sent.length > 0) report("refunded and delivered");
    if (order.state === "paid" && sent.length !== 1) report("ended as paid without a payment");
    if (order.state === "refunded" && paidOut.length !== 1)
      report("ended as refunded without a refund");
    if (order.state === "cancelled" || order.state === "expired") {
      if (sent.length + paidOut.length > 0) report("ended as if nothing was paid");
      const { checkoutRequestId } = order.prompt;
      const unanswered = mpesa.prompts.some(
        (prompt) => prompt.checkoutRequestId === checkoutRequestId && prompt.wasUnanswered,
      );
      if (unanswered && order.updatedAt < order.prompt.lateUntil)
        report("ended before a late success was ruled out");
      const isAccountedFor =
        isInSuspense(order, store) || order.credit !== "none" || store.caseCount(order.id) > 0;
      if (hasGenuineCallback(order, store, mpesa) && !isAccountedFor)
        report("kept shillings without a case");
    }
    return findings;
  }
  const held = order.held === null ? undefined : node.payment(order.held.paymentHash);
  const claimed = held?.state === "succeeded";
  const forgotten = node.forgottenAt(order.held?.paymentHash ?? "") !== undefined;
  const failedBack = held === undefined || held.state === "returned" || held.state === "expired";
  if (paidOut.length > 0 && failedBack && !hadLongDowntime && !forgotten)
    report("paid out although the payment was failed back");
  if (claimed && paidOut.length === 0 && !["owed", "refunded", "refunding"].includes(order.state)) {
    report("claimed the sats without a payout");
  }
  if (order.state === "claimed" && (!claimed || paidOut.length !== 1))
    report("ended as claimed without claim and payout");
  if (
    (order.state === "cancelled" || order.state === "expired") &&
    held !== undefined &&
    !failedBack &&
    held.state !== "open"
  ) {
    report(`ended without failing the payment back (${held.state})`);
  }
  if (order.state === "refunded" && (sent.length !== 1 || paidOut.length > 0))
    report("ended as refunded without a refund");
  return findings;
}

/**
 * Received shillings, in cents, that M-Pesa reported neither by a callback nor in answer to a query before the order ended.
 * Only M-Pesa's account statement shows them.
 */
function unreportedPayments(
  orders: readonly Order[],
  store: MemoryOrderStore,
  mpesa: SimulatedMpesa,
): bigint {
  return orders
    .filter(
      (order) => order.kind === "buy" && order.credit === "none" && !isInSuspense(order, store),
    )
    .flatMap((order) => paidPrompts(order, mpesa))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

function paidPrompts(order: Order, mpesa: SimulatedMpesa) {
  return mpesa.prompts.filter(({ orderId, state }) => orderId === order.id && state === "paid");
}

function isInSuspense(order: Order, store: MemoryOrderStore): boolean {
  return store
    .journals()
    .some(({ orderId, kind }) => orderId === order.id && kind === "kes_received_for_case");
}

/** Whether the evidence contains a genuine callback that reports success. */
function hasGenuineCallback(order: Order, store: MemoryOrderStore, mpesa: SimulatedMpesa): boolean {
  const paidIds = new Set(paidPrompts(order, mpesa).map((prompt) => prompt.checkoutRequestId));
  return store.evidenceOf(order.id).some(({ kind, body }) => {
    if (kind !== "prompt") return false;
    const callback = mpesa.stk.readCallback(body);
    return callback !== null && callback.succeeded && paidIds.has(callback.checkoutRequestId);
  });
}

/** Change of the utility account by an unproven payout that M-Pesa did make, in cents: zero or negative. */
function unbookedPayout(order: Order, mpesa: SimulatedMpesa): bigint {
  const paid = mpesa.payoutList.some(
    ({ orderId, state }) => orderId === order.id && state === "paid",
  );
  return paid && order.payout.status !== "confirmed" ? 0n - order.payout.amountKesCents : 0n;
}
