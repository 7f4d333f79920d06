import { isSettled } from "../domain/case-file.ts";
import { isFinal } from "../domain/order.ts";
import type { BuyOrder, Order } from "../domain/order.ts";
import { accounts, findImbalance } from "../domain/postings.ts";
import type { Account } from "../domain/postings.ts";
import { holdBlocks } from "../domain/policy.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import type { Market } from "./market.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { SimulatedNode } from "./node.ts";

/** The sweeper must wake a due order within this time, while the process runs without interruption. */
const maxDelayMs = 10 * 60_000;

/** A payout request can arrive this long after the node was asked about the held payment. */
const maxRequestDelayMs = 6 * 60_000;

/** The price that the api is told may be this old. */
const slowFeedMs = 2 * 60_000;

export type Observed = {
  readonly store: MemoryOrderStore;
  readonly mpesa: SimulatedMpesa;
  readonly node: SimulatedNode;
  readonly market: Market;
};

/** Returns a check of the rules that must hold after every step. The check returns the first violation, or null. */
export function createStepChecks({
  store,
}: Pick<Observed, "store">): (now: number, upSince: number) => string | null {
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
  { store, mpesa, node, market }: Observed,
  /** Whether the process or the node was down for so long that deadlines could not be kept. */
  hadLongDowntime: boolean,
): readonly string[] {
  const findings: string[] = [];
  const orders = store.orders();
  for (const order of orders)
    findings.push(...checkOrder(order, { store, mpesa, node, market }, hadLongDowntime));

  const receipts = orders.flatMap(({ caseFile }) =>
    caseFile.payments.map(({ receipt }) => receipt),
  );
  const twice = receipts.find((receipt, index) => receipts.indexOf(receipt) !== index);
  if (twice !== undefined) findings.push(`The receipt ${twice} is booked for two orders`);

  const balance = (account: Account) => store.balance(account);
  const total = { KES: 0n, MSAT: 0n };
  for (const account of Object.keys(accounts) as Account[]) {
    total[accounts[account].currency] += balance(account);
  }
  if (total.KES !== 0n || total.MSAT !== 0n) findings.push("The ledger does not sum to zero");

  const utility = balance("mpesa_available") + balance("mpesa_reserved");
  if (utility !== mpesa.utility()) {
    findings.push(`M-Pesa's utility account has ${mpesa.utility()}, the ledger ${utility}`);
  }
  const collections = balance("mpesa_collections");
  if (collections !== mpesa.collections()) {
    findings.push(`M-Pesa collected ${mpesa.collections()}, the ledger has ${collections}`);
  }
  for (const { orderId, code } of store.openCases()) {
    findings.push(`The case ${code} of ${orderId} was not ended`);
  }
  for (const account of transitAccounts) {
    if (balance(account) !== 0n) findings.push(`${balance(account)} are left in ${account}`);
  }
  if (balance("treasury") !== node.treasury()) {
    findings.push(`The node has ${node.treasury()}, the ledger ${balance("treasury")}`);
  }
  return findings;
}

/** Accounts that are empty once every order and every case has ended. */
const transitAccounts = [
  "mpesa_reserved",
  "buys_undelivered",
  "kes_suspense",
  "sells_unclaimed",
  "reversed_by_payers",
  "owed_to_holders",
] as const satisfies readonly Account[];

function checkOrder(
  order: Order,
  { store, mpesa, node, market }: Observed,
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
  if (!isFinal(order.state)) report("did not end");
  if (!isSettled(order)) report("has an unsettled case file");
  if (paidIn.length > 1) report("paid in twice");
  if (sent.length > 1) report("sent over Lightning twice");
  if (sent.some(({ amountMsat, feeMsat }) => feeMsat > 10_000n && feeMsat > amountMsat / 100n + 1n))
    report("paid too much for the route");
  if (order.kind === "buy") {
    const given = mpesa
      .statement()
      .filter(({ orderId, kind }) => orderId === order.id && givesBack.has(kind))
      .reduce((sum, { amount }) => sum + amount, 0n);
    const received = paidIn.reduce((sum, { amount }) => sum + amount, 0n);
    const bought = sent.length > 0 ? order.terms.amountKesCents : 0n;
    if (bought + given > received) report("gave more than was paid");
    const reversed = mpesa
      .statement()
      .filter(({ orderId, kind }) => orderId === order.id && kind === "reversed_for_payer")
      .reduce((sum, { amount }) => sum + amount, 0n);
    const { refund } = order.caseFile;
    const takenBack = mpesa
      .statement()
      .find(({ orderId, kind }) => orderId === order.id && kind === "reversed_for_payer");
    if (
      takenBack !== undefined &&
      refund?.payout.status === "confirmed" &&
      takenBack.at < (refund.reversal?.startedAt ?? 0)
    ) {
      report("paid out what M-Pesa had said was given back already");
    }
    const { checkoutRequestId } = order.prompt;
    const unanswered = mpesa.prompts.some(
      (prompt) => prompt.checkoutRequestId === checkoutRequestId && prompt.wasUnanswered,
    );
    if (
      (order.state === "cancelled" || order.state === "expired") &&
      unanswered &&
      order.updatedAt < order.prompt.lateUntil
    ) {
      report("ended before a late success was ruled out");
    }
    const kept = bookedOf(order, store, "kept_from_refund", "buys_undelivered");
    if (bought + given + reversed + kept + releasedOf(order, store) < received) {
      report("kept shillings of the payer");
    }
    if (kept > mayKeep(order, market)) report("kept more than a held payment's fall in price");
    if (order.state === "paid" && sent.length !== 1) report("ended as paid without a payment");
    if (order.state === "refunded" && given + reversed === 0n)
      report("ended as refunded without a refund");
    return findings;
  }
  if (paidOut.length > 1) report("paid out twice");
  if (paidOut.some(({ amount }) => amount !== order.terms.amountKesCents))
    report("paid out another amount than agreed");
  const held = order.held === null ? undefined : node.payment(order.held.paymentHash);
  const claimed = held?.state === "succeeded";
  if (claimed && paidOut.length > 0 && held.receivedMsat < order.terms.amountMsat)
    report("paid out in full for fewer sats than agreed");
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

const givesBack: ReadonlySet<string> = new Set(["paid_out", "reversed"]);

/** The sum that an operator took out of the order's suspense, because nobody could be paid. */
function releasedOf(order: Order, store: MemoryOrderStore): bigint {
  return bookedOf(order, store, "suspense_released", "kes_suspense");
}

/** The sum that journals of a kind booked on an account, for one order. */
function bookedOf(order: Order, store: MemoryOrderStore, kind: string, name: Account): bigint {
  return store
    .journals()
    .filter((journal) => journal.orderId === order.id && journal.kind.startsWith(kind))
    .flatMap(({ entries }) => entries)
    .filter(({ account }) => account === name)
    .reduce((sum, { amount }) => sum + amount, 0n);
}

/** By how much the refund of a payment that was held back may fall short of what was paid. */
function mayKeep({ heldBack, terms, createdAt, updatedAt }: BuyOrder, market: Market): bigint {
  if (heldBack !== true) return 0n;
  const lowest = market.lowest(createdAt - slowFeedMs, updatedAt);
  const { amountKesCents: paid, rate: agreed } = terms;
  const left = (paid * lowest.minorUnits * agreed.btc) / (lowest.btc * agreed.minorUnits);
  return left < paid ? paid - left : 0n;
}

function paidPrompts(order: Order, mpesa: SimulatedMpesa) {
  return mpesa.prompts.filter(({ orderId, state }) => orderId === order.id && state === "paid");
}
