import type { OrderPage } from "@satsconnect/contracts/admin";
import { words } from "../../i18n/words.ts";
import { kes, sats } from "../../parts/money.ts";

/** An order in words: where the money is, what happens next, and by when. */
export type Summary = {
  readonly where: string;
  readonly next: string;
  /** RFC 3339; null where nothing is due. */
  readonly by: string | null;
  /** Whether anything is still open. */
  readonly open: boolean;
};

export function summarize(page: OrderPage): Summary {
  const { next } = words().orders;
  const { order } = page;
  const open = !order.final || order.openCases > 0;
  const by = order.final ? null : earliest(page);
  const told = order.kind === "buy" ? buy(page) : sell(page);
  if (!order.final) return { ...told, by, open };
  return { where: told.where, next: open ? next.casePending : next.nothing, by, open };
}

function earliest({ order, deadlineAt, wakeAt, htlc }: OrderPage): string | null {
  // The deadline of a case is a reminder, not the end of anything.
  const known = [
    order.state === "case" ? null : (deadlineAt ?? wakeAt),
    htlc?.direction === "inbound" ? htlc.deadlineAt : null,
  ];
  return known.filter((one) => one !== null).toSorted()[0] ?? null;
}

type Told = { readonly where: string; readonly next: string };

/** The balance that an order's journals left on an account that credits increase. */
function owedOn({ journals }: OrderPage, account: string): bigint {
  return journals
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.account === account)
    .reduce((sum, { amount }) => sum - BigInt(amount), 0n);
}

function buy(page: OrderPage): Told {
  const { where, next } = words().orders;
  const { order } = page;
  const paid = kes(order.amountKesCents);
  const bought = sats(order.amountMsat);
  // The books say what is still there, also after a part was refunded.
  const suspense = owedOn(page, "kes_suspense");
  const undelivered = owedOn(page, "buys_undelivered");
  const received = (otherwise: string): string => {
    if (suspense > 0n) return where.suspense(kes(suspense.toString()));
    return undelivered > 0n ? where.receivedDue(kes(undelivered.toString())) : otherwise;
  };
  switch (order.state) {
    case "stk_requested":
    case "stk_unknown":
      return { where: where.maybePaid, next: next.askMpesa };
    case "kes_received":
      return { where: where.receivedDue(paid), next: next.payNow };
    case "paying":
      return { where: where.satsOnTheWay(bought), next: next.awaitLightning };
    case "invoice_needed":
      return { where: where.receivedDue(paid), next: next.awaitInvoice };
    case "refunding":
      return {
        where: where.refundOnTheWay(
          kes(page.caseFile.refund?.amountKesCents ?? order.amountKesCents),
        ),
        next: next.awaitRefund,
      };
    case "paid":
      return { where: received(where.satsDelivered(bought)), next: next.nothing };
    case "refunded":
      return { where: received(where.refunded(paid)), next: next.nothing };
    case "case":
      return { where: received(where.notPaid), next: next.decide };
    default:
      return { where: received(where.notPaid), next: next.nothing };
  }
}

function sell({ order, payout, htlc }: OrderPage): Told {
  const { where, next } = words().orders;
  const paidOut = kes(payout.amountKesCents);
  const held = sats(htlc?.receivedMsat ?? order.amountMsat);
  switch (order.state) {
    case "invoice_open":
      return { where: where.satsAwaited, next: next.awaitSats };
    case "held":
      return { where: where.satsHeld(held), next: next.payOut };
    case "payout_requested":
    case "payout_unknown":
      return { where: where.payoutUnknown(held, paidOut), next: next.awaitPayout };
    case "payout_confirmed":
      return { where: where.paidOutNotClaimed(paidOut), next: next.claim };
    case "returning":
      return { where: where.satsReturning(held), next: next.giveBack };
    case "protective_claim":
      return { where: where.claimedUnproven(held), next: next.awaitPayout };
    case "owed":
      return { where: where.owed(held), next: next.awaitPayout };
    case "refunding":
      return { where: where.satsReturning(held), next: next.awaitLightning };
    case "refunded":
      return { where: where.refundedSats(held), next: next.nothing };
    case "claimed":
      return { where: where.complete(paidOut), next: next.nothing };
    case "case":
      return { where: sellCase(payout.status, paidOut), next: next.decide };
    default:
      return { where: where.ended, next: next.nothing };
  }
}

function sellCase(status: string, paidOut: string): string {
  const { where } = words().orders;
  if (status === "confirmed") return where.sellCasePaid(paidOut);
  return status === "intended" || status === "failed"
    ? where.sellCaseNotPaid
    : where.sellCase(paidOut);
}
