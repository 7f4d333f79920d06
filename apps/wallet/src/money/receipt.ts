import type { Order } from "@satsconnect/contracts";
import type { Fact, FeeLine } from "../design/fees.tsx";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import {
  centsOfRate,
  dateAndTime,
  kesExact,
  kesFigure,
  kesFigureNearest,
  msatOf,
  satsExact,
  satsFigure,
} from "./format.ts";
import { formatMaskedPhone } from "./phone-number.ts";
import { orderLines } from "./quote-lines.ts";
import type { StateTimes } from "./order-path.ts";

/** The content of a receipt in reading order, the same for the page, the text, the picture and the PDF. */
export type Receipt = {
  readonly title: string;
  /** Shown above the amount: what happened. */
  readonly label: string;
  /** Null when no price is known. */
  readonly kes: string | null;
  readonly sats: string;
  readonly lines: readonly FeeLine[];
  readonly total: { readonly label: string; readonly amount: string } | null;
  readonly facts: readonly Fact[];
  /** A kanga saying, only on a finished receipt. */
  readonly saying: string | null;
};

/** Picks a saying, always the same one for the same receipt. */
export function sayingFor(id: string, words: MoneyWords): string {
  const { sayings } = words.receipt;
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return sayings[sum % sayings.length] ?? "";
}

/**
 * The receipt of a successful order.
 * @param balanceKesCents the balance now; null to leave it out
 */
export function orderReceipt(
  order: Order,
  times: StateTimes,
  balanceKesCents: bigint | null,
  now: number,
  words: MoneyWords,
): Receipt {
  const { receipt } = words;
  const { lines, total, netKesCents } = orderLines(order, words);
  const at = times.paid ?? times.payout_confirmed ?? times.claimed ?? Date.parse(order.updatedAt);
  return {
    title: receipt.confirmed,
    label: order.kind === "buy" ? receipt.buyLabel : receipt.sellLabel,
    kes: kesFigure(netKesCents),
    // The sats of a sell include the fees: show only the part that corresponds to the payout.
    sats: satsFigure(
      order.kind === "buy"
        ? BigInt(order.amountMsat)
        : msatOf(netKesCents, centsOfRate(order.rateKesPerBtc)),
    ),
    lines,
    total,
    facts: [
      ...(order.kind === "buy"
        ? []
        : [
            {
              label: words.sell.totalSats,
              value: words.sats(satsFigure(BigInt(order.amountMsat))),
            },
          ]),
      ...(order.mpesaReceipt === null
        ? []
        : [{ label: receipt.mpesaReceipt, value: order.mpesaReceipt }]),
      ...(order.recipientName === null
        ? []
        : [{ label: receipt.name, value: order.recipientName }]),
      { label: receipt.phone, value: formatMaskedPhone(order.msisdn) },
      { label: receipt.when, value: dateAndTime(at, now, words.days) },
      {
        label: receipt.price,
        value: words.buy.priceValue(kesFigure(centsOfRate(order.rateKesPerBtc))),
      },
      ...(balanceKesCents === null
        ? []
        : [{ label: receipt.balance, value: words.kes(kesFigure(balanceKesCents)) }]),
    ],
    saying: sayingFor(order.id, words),
  };
}

const minute = 60_000;

type PaymentReceiptOf = {
  readonly id: string;
  readonly kind: "send" | "receive";
  readonly state: "moving" | "done" | "ended";
  readonly amountMsat: bigint;
  readonly feeMsat: bigint;
  readonly amountKesCents: bigint | null;
  readonly feeKesCents: bigint | null;
  /** The price at the time of the payment; null where only the current one is known. */
  readonly kesCentsPerBtc: bigint | null;
  readonly to: string | null;
  readonly note: string | null;
  readonly at: number;
  readonly endedAt: number | null;
};

/** The receipt of a Lightning payment. Its fee is always a line of its own, even when it is zero. */
export function paymentReceipt(of: PaymentReceiptOf, now: number, words: MoneyWords): Receipt {
  const { receipt } = words;
  const inKes = of.amountKesCents !== null && of.feeKesCents !== null;
  const write = (msat: bigint, cents: bigint | null): string =>
    inKes && cents !== null ? kesExact(cents) : satsExact(msat);
  const outward = of.kind === "send";
  const totalMsat = outward ? of.amountMsat + of.feeMsat : of.amountMsat;
  const totalCents = inKes
    ? outward
      ? (of.amountKesCents ?? 0n) + (of.feeKesCents ?? 0n)
      : of.amountKesCents
    : null;
  const lines: FeeLine[] = outward
    ? [
        { sign: "", label: receipt.amount, amount: write(of.amountMsat, of.amountKesCents) },
        { sign: "+", label: receipt.fee, amount: write(of.feeMsat, of.feeKesCents) },
      ]
    : of.feeMsat > 0n
      ? [
          {
            sign: "",
            label: receipt.amount,
            amount: write(
              of.amountMsat + of.feeMsat,
              inKes ? (of.amountKesCents ?? 0n) + (of.feeKesCents ?? 0n) : null,
            ),
          },
          { sign: "−", label: receipt.channel, amount: write(of.feeMsat, of.feeKesCents) },
        ]
      : [
          { sign: "", label: receipt.amount, amount: write(of.amountMsat, of.amountKesCents) },
          { sign: "−", label: receipt.fee, amount: write(0n, 0n) },
        ];
  return {
    title: {
      done: receipt.confirmed,
      moving: receipt.onTheWay,
      ended: receipt.notHappened,
    }[of.state],
    label: outward ? receipt.sendLabel : receipt.receiveLabel,
    kes:
      of.amountKesCents === null
        ? null
        : (outward ? kesFigureNearest : kesFigure)(of.amountKesCents),
    sats: satsFigure(of.amountMsat),
    lines,
    total: {
      label: outward ? receipt.total : receipt.youGot,
      amount: write(totalMsat, totalCents),
    },
    facts: [
      ...(of.to === null ? [] : [{ label: receipt.to, value: of.to }]),
      ...(of.note === null || of.note === "" ? [] : [{ label: receipt.note, value: of.note }]),
      ...(of.kesCentsPerBtc === null
        ? []
        : [{ label: receipt.price, value: words.buy.priceValue(kesFigure(of.kesCentsPerBtc)) }]),
      { label: receipt.when, value: dateAndTime(of.at, now, words.days) },
      ...(of.endedAt === null || of.endedAt - of.at < minute
        ? []
        : [{ label: receipt.ended, value: dateAndTime(of.endedAt, now, words.days) }]),
    ],
    saying: of.state === "done" ? sayingFor(of.id, words) : null,
  };
}

/** A receipt as plain text, for a message. */
export function receiptText(receipt: Receipt, words: MoneyWords): string {
  return [
    words.receipt.made,
    receipt.title,
    "",
    receipt.label,
    ...(receipt.kes === null ? [] : [words.kes(receipt.kes)]),
    words.sats(receipt.sats),
    "",
    ...receipt.lines.map((line) => `${line.sign} ${line.label}: ${line.amount}`.trim()),
    ...(receipt.total === null ? [] : [`= ${receipt.total.label}: ${receipt.total.amount}`]),
    "",
    ...receipt.facts.map((fact) => `${fact.label}: ${fact.value}`),
  ].join("\n");
}
