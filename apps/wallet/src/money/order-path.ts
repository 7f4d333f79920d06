import type { Order } from "@satsconnect/contracts";
import type { Step, StepState } from "../design/money-path.tsx";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import { clock, countdown, deadline, kesFigure, satsFigure } from "./format.ts";
import { formatMaskedPhone } from "./phone-number.ts";
import { sellTotal } from "./quote-lines.ts";
import { reasonText } from "./reasons.ts";

/**
 * When each state was first reached, in ms since 1970, from the order's events. States without a known time are
 * missing.
 */
export type StateTimes = Readonly<Partial<Record<Order["state"], number>>>;

type PathInput = {
  readonly order: Order;
  readonly times: StateTimes;
  readonly now: number;
  readonly words: MoneyWords;
};

const hour = 3_600_000;

type Draft = {
  readonly place: string;
  readonly detail: string;
  readonly state: StepState;
  /** When the step was completed, in ms since 1970. */
  readonly at?: number | undefined;
};

/**
 * The money path of an order: the places that its money passes, in order of time. Every time comes from the order or
 * its events. The current step carries the countdown to the order's deadline, or says that it is late.
 */
export function orderPath(input: PathInput): readonly Step[] {
  const drafts = input.order.kind === "buy" ? buyPath(input) : sellPath(input);
  return drafts.map((draft, index) => ({
    key: `${String(index)}-${draft.place}`,
    state: draft.state,
    place: draft.place,
    detail: draft.detail,
    time: timeOf(draft, input),
  }));
}

/** The place where the money is now, for screen readers and one-line summaries. */
export function currentPlace(steps: readonly Step[]): {
  readonly index: number;
  readonly place: string;
} {
  const current = steps.findIndex(
    ({ state }) => state === "waits" || state === "moving" || state === "late",
  );
  const index = current >= 0 ? current : steps.length - 1;
  return { index, place: steps[index]?.place ?? "" };
}

function timeOf(draft: Draft, { order, now, words }: PathInput): string {
  switch (draft.state) {
    case "late":
      return words.units.late;
    case "waits":
    case "moving": {
      const end = order.deadlineAt === null ? null : Date.parse(order.deadlineAt);
      if (end === null) return words.units.now;
      if (end <= now) return words.units.late;
      // Money moves in seconds. A deadline more than an hour away concerns only the operator and would alarm people.
      return draft.state === "moving" && end - now > hour
        ? words.units.now
        : countdown(end - now, words.tight, "");
    }
    case "next":
      return "";
    default:
      return draft.at === undefined ? "" : clock(draft.at);
  }
}

function deadlineOf({ order, now, words }: PathInput): string | null {
  return order.deadlineAt === null ? null : deadline(Date.parse(order.deadlineAt), now, words.days);
}

function buyPath(input: PathInput): readonly Draft[] {
  const { order, times, words } = input;
  const { path } = words;
  const kes = kesFigure(BigInt(order.amountKesCents));
  const sats = satsFigure(BigInt(order.amountMsat));
  const until = deadlineOf(input);
  const ended = Date.parse(order.updatedAt);

  const paid: Draft = {
    place: path.mpesa,
    detail: path.paid(kes, order.mpesaReceipt),
    state: "done",
    at: times.kes_received,
  };
  const bought: Draft = {
    place: path.us,
    detail: path.usDone(sats),
    state: "done",
    at: times.paying,
  };
  const next = {
    us: { place: path.us, detail: path.usNext, state: "next" },
    lightning: { place: path.lightning, detail: path.lightningNext(sats), state: "next" },
    phone: { place: path.thisPhone, detail: path.phoneNext, state: "next" },
  } as const satisfies Record<string, Draft>;
  const lateMpesa: Draft = {
    place: path.mpesa,
    detail: until === null ? path.mpesaLateNoTime : path.mpesaLate(until),
    state: "late",
  };
  const lightningRefused: Draft = {
    place: path.lightning,
    detail: order.reason === "refund_asked" ? path.lightningAsked : path.lightningRefused,
    state: "refused",
    at: times.refunding,
  };
  const keptByOperator = {
    place: path.us,
    detail: path.usKept(kes),
    state: "done",
    at: times.paying,
  } as const;

  switch (order.state) {
    case "stk_requested":
      return [
        {
          place: path.enterPin,
          detail: path.enterPinDetail(formatMaskedPhone(order.msisdn)),
          state: "waits",
        },
        next.us,
        next.lightning,
        next.phone,
      ];
    case "stk_unknown":
      return [lateMpesa, next.us, next.lightning, next.phone];
    case "kes_received":
      return [
        paid,
        { place: path.us, detail: path.usNow(sats), state: "moving" },
        next.lightning,
        next.phone,
      ];
    case "paying":
      return [
        paid,
        bought,
        { place: path.lightning, detail: path.lightningNow(sats), state: "moving" },
        next.phone,
      ];
    case "invoice_needed":
      return [
        paid,
        bought,
        {
          place: path.lightningNeedsYou,
          detail: path.lightningNeedsYouDetail(until ?? ""),
          state: "waits",
        },
        next.phone,
      ];
    case "paid":
      return [
        paid,
        bought,
        { place: path.lightning, detail: path.lightningNext(sats), state: "done", at: times.paid },
        {
          place: path.thisPhone,
          detail: path.phoneDone(sats),
          state: "arrived",
          at: times.paid ?? ended,
        },
      ];
    case "refunding":
      return [
        paid,
        keptByOperator,
        lightningRefused,
        { place: path.backInMpesa, detail: path.backMoving(kes), state: "moving" },
      ];
    case "refunded":
      return [
        paid,
        keptByOperator,
        lightningRefused,
        {
          place: path.backInMpesa,
          detail: path.backDone(kes, null),
          state: "arrived",
          at: times.refunded ?? ended,
        },
      ];
    case "cancelled":
    case "expired":
      return [
        {
          place: path.mpesa,
          detail: reasonText(order.kind, order.reason, words),
          state: "refused",
          at: times[order.state] ?? ended,
        },
        {
          place: path.stayedInMpesa,
          detail: path.notCharged,
          state: "arrived",
          at: times[order.state] ?? ended,
        },
      ];
    default:
      return [
        ...(times.kes_received === undefined ? [] : [paid]),
        {
          place: path.us,
          detail: until === null ? path.personNoTime : path.person(until),
          state: "late",
        },
      ];
  }
}

function sellPath(input: PathInput): readonly Draft[] {
  const { order, times, words } = input;
  const { path } = words;
  const kes = kesFigure(BigInt(order.amountKesCents));
  const sats = satsFigure(BigInt(order.amountMsat));
  const phone = formatMaskedPhone(order.msisdn);
  const name = path.recipient(order.recipientName ?? phone);
  const until = deadlineOf(input);
  const ended = Date.parse(order.updatedAt);

  const leftPhone: Draft = {
    place: path.leftThisPhone,
    detail: path.left(sats, kesFigure(sellTotal(order))),
    state: "done",
    at: times.held,
  };
  const payoutRequested: Draft = {
    place: path.us,
    detail: path.heldDone(phone),
    state: "done",
    at: times.payout_requested ?? times.held,
  };
  const paid: Draft = {
    place: path.mpesa,
    detail: path.payoutDone(kes, order.mpesaReceipt),
    state: "done",
    at: times.payout_confirmed,
  };
  const next = {
    us: { place: path.us, detail: path.heldNext, state: "next" },
    mpesa: { place: path.mpesa, detail: path.payoutNext(phone), state: "next" },
    name: { place: name, detail: path.recipientNext(kes), state: "next" },
  } as const satisfies Record<string, Draft>;
  const refused: Draft = sentToMpesa(order, times)
    ? {
        place: path.mpesa,
        detail: path.payoutRefused(reasonText(order.kind, order.reason, words)),
        state: "refused",
        at: times.returning,
      }
    : {
        place: path.us,
        detail: reasonText(order.kind, order.reason, words),
        state: "refused",
        at: times.returning,
      };
  const untilRefusal = sentToMpesa(order, times)
    ? [leftPhone, payoutRequested, refused]
    : [leftPhone, refused];
  const satsReturned = (at: number | undefined): Draft => ({
    place: path.backOnPhone,
    detail: path.satsBackDone(sats),
    state: "arrived",
    at: at ?? ended,
  });

  switch (order.state) {
    case "invoice_open":
      return [
        { place: path.thisPhone, detail: path.leaving(sats), state: "moving" },
        next.us,
        next.mpesa,
        next.name,
      ];
    case "held":
      return [
        leftPhone,
        { place: path.us, detail: path.heldNow, state: "moving" },
        next.mpesa,
        next.name,
      ];
    case "payout_requested":
      return [
        leftPhone,
        payoutRequested,
        { place: path.mpesa, detail: path.payoutNow(phone), state: "moving" },
        next.name,
      ];
    case "payout_unknown":
      return [
        leftPhone,
        payoutRequested,
        { place: path.mpesa, detail: path.payoutLate, state: "late" },
        next.name,
      ];
    case "payout_confirmed":
      return [
        leftPhone,
        payoutRequested,
        paid,
        { place: name, detail: path.closing, state: "moving" },
      ];
    case "claimed":
      return [
        leftPhone,
        payoutRequested,
        { ...paid, at: paid.at ?? times.claimed },
        {
          place: name,
          detail: path.recipientDone(kes),
          state: "arrived",
          at: times.payout_confirmed ?? times.claimed ?? ended,
        },
      ];
    case "returning":
      return [
        ...untilRefusal,
        { place: path.backOnPhone, detail: path.satsBackMoving(sats), state: "moving" },
      ];
    case "cancelled":
      if (times.held === undefined && endedBeforePayment(order))
        return [
          {
            place: path.us,
            detail: reasonText(order.kind, order.reason, words),
            state: "refused",
            at: times.cancelled ?? ended,
          },
          {
            place: path.stayedOnPhone,
            detail: path.nothingLeft,
            state: "arrived",
            at: times.cancelled ?? ended,
          },
        ];
      return [...untilRefusal, satsReturned(times.cancelled)];
    case "expired":
      return [
        {
          place: path.us,
          detail: path.priceEnded,
          state: "refused",
          at: times.expired ?? ended,
        },
        {
          place: path.stayedOnPhone,
          detail: path.nothingLeft,
          state: "arrived",
          at: times.expired ?? ended,
        },
      ];
    case "protective_claim":
      return [
        leftPhone,
        payoutRequested,
        { place: path.mpesa, detail: path.payoutLate, state: "late" },
        next.name,
      ];
    case "owed":
      return order.actions.includes("fresh_invoice")
        ? [
            leftPhone,
            payoutRequested,
            { ...refused, at: times.owed },
            { place: path.owedNeedsYou, detail: path.owedNeedsYouDetail, state: "waits" },
          ]
        : [
            leftPhone,
            payoutRequested,
            { place: path.mpesa, detail: path.owed, state: "late" },
            next.name,
          ];
    case "refunding":
      return [
        leftPhone,
        payoutRequested,
        { ...refused, at: times.owed },
        { place: path.backOnPhone, detail: path.satsBackMoving(sats), state: "moving" },
      ];
    case "refunded":
      return [
        leftPhone,
        payoutRequested,
        { ...refused, at: times.owed },
        satsReturned(times.refunded),
      ];
    default:
      return [
        leftPhone,
        {
          place: path.us,
          detail: until === null ? path.personNoTime : path.person(until),
          state: "late",
        },
      ];
  }
}

/** Whether a payout request was sent to M-Pesa, as far as the order and its events show. */
function sentToMpesa(order: Order, times: StateTimes): boolean {
  if (order.reason?.startsWith("mpesa_") === true) return true;
  if (
    ["payout_never_sent", "amount_mismatch", "paid_too_late", "hold_too_short"].includes(
      order.reason ?? "",
    )
  )
    return false;
  return (
    times.payout_requested !== undefined || ["owed", "refunding", "refunded"].includes(order.state)
  );
}

/** Whether a cancelled sell ended before the wallet's payment arrived at the operator. */
export function endedBeforePayment(order: Order): boolean {
  return (
    order.reason === "cancelled_by_holder" ||
    order.reason === "invoice_refused" ||
    order.reason === null
  );
}
