import type { HistoryItem } from "@satsconnect/wallet/client";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import {
  clock,
  countdown,
  dayName,
  dayNumber,
  deadline,
  kesCentsOf,
  kesFigure,
  kesFigureNearest,
  satsFigure,
} from "./format.ts";
import { unknownAfterMs } from "./payment-path.ts";

export type HistoryFilter = "all" | HistoryItem["kind"];

/** A history item formatted for a row. */
export type HistoryRow = {
  readonly id: string;
  readonly time: string;
  readonly title: string;
  readonly detail: string;
  readonly amount: string;
  readonly secondaryAmount: string;
  /** The payment was returned or never made: drawn in grey, without a sign. */
  readonly muted: boolean;
};

export type HistoryDay = {
  readonly key: number;
  readonly name: string;
  /** The day's net amount in shillings, with its sign; null where the value of an item is unknown. */
  readonly net: string | null;
  readonly items: readonly HistoryItem[];
};

/** The value of an item in KES cents: the order's own amount, else at the current price; null without a price. */
export function kesOf(item: HistoryItem, kesCentsPerBtc: bigint | null): bigint | null {
  if (item.amountKesCents !== null) return BigInt(item.amountKesCents);
  return kesCentsPerBtc === null ? null : kesCentsOf(BigInt(item.amountMsat), kesCentsPerBtc);
}

/** +1 for money that this phone received, −1 for money that it paid, 0 for a payment that did not happen. */
export function direction(item: HistoryItem): 1 | -1 | 0 {
  if (item.state === "ended") return 0;
  return item.kind === "buy" || item.kind === "receive" ? 1 : -1;
}

export function historyRow(
  item: HistoryItem,
  kesCentsPerBtc: bigint | null,
  words: MoneyWords,
  first: "kes" | "sats" = "kes",
): HistoryRow {
  const cents = kesOf(item, kesCentsPerBtc);
  const satsOnly = satsFigure(BigInt(item.amountMsat));
  const sign = { 1: "+", [-1]: "−", 0: "" }[direction(item)];
  const kes = item.kind === "send" ? kesFigureNearest : kesFigure;
  const kesLeads = cents !== null && first === "kes";
  const figure = kesLeads ? kes(cents) : satsOnly;
  const secondaryAmount = kesLeads
    ? words.sats(satsOnly)
    : cents === null
      ? words.units.sats
      : words.kes(kes(cents));
  const { title, detail } = rowText(item, words);
  const muted = item.state === "ended";
  return {
    id: item.id,
    time: clock(item.at),
    title,
    detail,
    amount: `${sign}${figure}`,
    secondaryAmount: muted
      ? item.kind === "sell"
        ? words.history.back
        : words.history.notPaid
      : secondaryAmount,
    muted,
  };
}

function rowText(
  item: HistoryItem,
  words: MoneyWords,
): { readonly title: string; readonly detail: string } {
  const { history } = words;
  const kind =
    item.state === "moving"
      ? history.movingKind[item.kind]
      : item.state === "ended"
        ? history.endedKind[item.kind]
        : history.kind[item.kind];
  const counterparty = item.counterparty ?? (item.description === "" ? null : item.description);
  if (item.kind === "buy" || item.kind === "sell") {
    const route = item.kind === "buy" ? history.fromMpesa : history.toMpesa;
    // A sell is recognised by its recipient; a buy has none.
    if (item.kind === "sell" && counterparty !== null && item.state !== "ended")
      return { title: counterparty, detail: item.mpesaReceipt ?? route };
    return { title: kind, detail: item.mpesaReceipt ?? route };
  }
  if (counterparty !== null) return { title: counterparty, detail: kind };
  return { title: kind, detail: history.lightning };
}

/** Groups items by day, newest first, each day with its net amount. */
export function historyDays(
  items: readonly HistoryItem[],
  kesCentsPerBtc: bigint | null,
  now: number,
  words: MoneyWords,
): readonly HistoryDay[] {
  const days = new Map<number, HistoryItem[]>();
  for (const item of items.toSorted((one, other) => other.at - one.at)) {
    const key = dayNumber(item.at);
    const list = days.get(key);
    if (list === undefined) days.set(key, [item]);
    else list.push(item);
  }
  return [...days].map(([key, list]) => ({
    key,
    name: dayName(list[0]?.at ?? now, now, words.days),
    net: netOf(list, kesCentsPerBtc, words),
    items: list,
  }));
}

function netOf(
  items: readonly HistoryItem[],
  kesCentsPerBtc: bigint | null,
  words: MoneyWords,
): string | null {
  let net = 0n;
  for (const item of items) {
    const cents = kesOf(item, kesCentsPerBtc);
    if (cents === null) return null;
    if (item.state === "done") net += cents * BigInt(direction(item));
  }
  const size = net < 0n ? -net : net;
  const shillings = kesFigureNearest(size);
  return words.history.net(
    net < 0n && shillings !== "0" ? "−" : net > 0n && shillings !== "0" ? "+" : "",
    shillings,
  );
}

/** A payment in progress, formatted for one line. */
export type LiveRow = {
  readonly id: string;
  readonly orderId: string | null;
  readonly countdown: string;
  readonly title: string;
  readonly detail: string;
  readonly path: {
    readonly placeCount: number;
    readonly reachedCount: number;
    readonly from: string;
    readonly to: string;
  };
};

const hour = 3_600_000;

/** Number of places of the money path that an order has reached, by its state. */
const reachedPlaces: Readonly<Record<string, number>> = {
  stk_requested: 1,
  stk_unknown: 1,
  kes_received: 2,
  paying: 3,
  invoice_needed: 3,
  refunding: 3,
  invoice_open: 1,
  held: 2,
  payout_requested: 3,
  payout_unknown: 3,
  payout_confirmed: 4,
  protective_claim: 3,
  owed: 3,
  returning: 3,
  case: 2,
};

export function liveRow(
  item: HistoryItem,
  kesCentsPerBtc: bigint | null,
  now: number,
  words: MoneyWords,
): LiveRow {
  const { live, path } = words;
  const cents = kesOf(item, kesCentsPerBtc);
  const format = item.kind === "send" ? kesFigureNearest : kesFigure;
  const kes = cents === null ? null : format(cents);
  const figure = kes === null ? words.sats(satsFigure(BigInt(item.amountMsat))) : words.kes(kes);
  const end = item.deadlineAt;
  const until = end === null ? null : deadline(end, now, words.days);
  const late = end !== null && end <= now;
  const title = {
    buy: live.buying(kes ?? ""),
    sell: live.selling(kes ?? ""),
    send: live.sending(figure),
    receive: live.receiving(figure),
  }[item.kind];
  const from =
    item.kind === "buy" ? path.mpesa : item.kind === "receive" ? path.lightning : path.thisPhone;
  const to =
    item.kind === "sell" ? path.mpesa : item.kind === "send" ? path.lightning : path.thisPhone;
  const isOrder = item.kind === "buy" || item.kind === "sell";
  return {
    id: item.id,
    orderId: item.orderId,
    countdown:
      isLate(item.orderState) || late
        ? words.units.late
        : end === null || (end - now > hour && !waitsForHolder(item.orderState))
          ? words.units.now
          : countdown(end - now, words.tight, ""),
    title,
    detail: liveDetail(item, end !== null && end - now > hour ? null : until, now, words),
    path: {
      placeCount: isOrder ? 4 : 2,
      reachedCount: isOrder ? (reachedPlaces[item.orderState ?? ""] ?? 1) : 1,
      from,
      to: until === null || item.orderState !== "paying" ? to : `${to} ${words.units.by} ${until}`,
    },
  };
}

function waitsForHolder(state: string | null): boolean {
  return state === "stk_requested" || state === "invoice_needed";
}

function isLate(state: string | null): boolean {
  return ["stk_unknown", "payout_unknown", "protective_claim", "owed", "case"].includes(
    state ?? "",
  );
}

function liveDetail(
  item: HistoryItem,
  until: string | null,
  now: number,
  words: MoneyWords,
): string {
  const { live } = words;
  switch (item.orderState) {
    case "stk_requested":
      return until === null ? live.enterPinNoTime : live.enterPin(until);
    case "stk_unknown":
    case "payout_unknown":
    case "protective_claim":
    case "owed":
      return live.mpesaLate;
    case "invoice_needed":
      return until === null ? live.onTheWayNoTime : live.keepOpen(until);
    case "kes_received":
    case "paying":
      return live.keepOpenNow;
    case "refunding":
    case "returning":
      return live.goingBack;
    case "queued":
      return live.queued;
    case "case":
      return until === null ? words.path.personNoTime : live.person(until);
    default:
      if (item.kind === "send" && now - item.at > unknownAfterMs) return live.unknown;
      return until === null ? live.onTheWayNoTime : live.onTheWay(until);
  }
}

/**
 * Whether an item contains every word of a search: in its texts, receipt number, payment hash, order id or amount.
 */
export function matchesSearch(
  item: HistoryItem,
  search: string,
  kesCentsPerBtc: bigint | null,
  words: MoneyWords,
): boolean {
  const terms = search.trim().toLowerCase().split(/\s+/u).filter(Boolean);
  if (terms.length === 0) return true;
  const row = historyRow(item, kesCentsPerBtc, words);
  const text = [
    row.title,
    row.detail,
    row.amount,
    row.amount.replaceAll(",", ""),
    row.secondaryAmount,
    item.description ?? "",
    item.counterparty ?? "",
    item.mpesaReceipt ?? "",
    item.paymentHash ?? "",
    item.orderId ?? "",
  ]
    .join("\n")
    .toLowerCase();
  return terms.every((part) => text.includes(part));
}
