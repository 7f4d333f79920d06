import type { Figures } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../design/dom.ts";
import { admin } from "../client/admin.ts";
import { now } from "../client/clock.ts";
import { kesExact, kesShort, satsExact } from "../format/money.ts";
import { isoDate } from "../format/time.ts";
import { words } from "../i18n/words.ts";
import { textDateField } from "../parts/fields.ts";
import { rate } from "../parts/money.ts";
import { named } from "../parts/named.ts";
import { go } from "../parts/navigation.ts";
import type { Page, Place } from "../parts/page.ts";
import { facts, fold, part, row, says, slab, slabs } from "../parts/rows.ts";
import { at } from "../parts/times.ts";

type Day = Figures["days"][number];
const dayMs = 24 * 3_600_000;

/** The income of each day, its taxes, and the exchange's position in bitcoin. */
export async function incomePage({ query }: Place): Promise<Result<Page>> {
  const text = words().income;
  const to = query.get("to") ?? isoDate(now());
  const from = query.get("from") ?? isoDate(now() - 6 * dayMs);
  const answer = await admin("readFigures", { query: { from, to } });
  if (!answer.ok) return answer;
  const { days, exposure } = answer.value;
  const earned = days.reduce((sum, day) => sum + earnedOn(day), 0n);
  return ok({
    title: text.title,
    testId: "income",
    body: [
      h(
        "div",
        { class: "sum" },
        h("span", { class: "unit" }, "KES"),
        h("span", { class: "amount", "data-testid": "income.earned" }, kesShort(earned)),
        h("span", { class: "worth" }, text.earned(from, to)),
      ),
      drawPeriod(from, to),
      days.length === 0 ? says(text.none, "soft") : days.toReversed().map(drawDay),
    ],
    beside: [part(text.exposure), drawExposure(exposure)],
  });
}

function sumOf(amounts: readonly string[]): bigint {
  return amounts.reduce((sum, amount) => sum + BigInt(amount), 0n);
}

/** Fees less M-Pesa's charges and losses; taxes and sats are listed apart. */
function earnedOn(day: Day): bigint {
  return (
    sumOf(Object.values(day.feesKesCents)) -
    BigInt(day.mpesaFeesKesCents) -
    BigInt(day.lossesKesCents)
  );
}

function drawPeriod(from: string, to: string): HTMLElement {
  const text = words().income;
  const first = textDateField({ name: text.from, value: from, testId: "income.from" });
  const last = textDateField({ name: text.to, value: to, testId: "income.to" });
  return h(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        go(`#/income?from=${first.value()}&to=${last.value()}`);
      },
    },
    h("div", { class: "pair" }, first.element, last.element),
    slabs(slab({ label: text.show, icon: "income", tone: "ink", submit: true })),
  );
}

function drawDay(day: Day): HTMLElement {
  const text = words().income;
  const shillings = (amount: string): string | null =>
    amount === "0" ? null : kesExact(BigInt(amount));
  const satoshis = (amount: string): string | null =>
    amount === "0" ? null : satsExact(BigInt(amount));
  return fold(
    { title: `${day.day} · KES ${kesExact(earnedOn(day))}` },
    facts([
      ...Object.entries(day.feesKesCents).map(
        ([fee, amount]) => [named(text.fees, fee), shillings(amount)] as const,
      ),
      [text.mpesaFees, shillings(day.mpesaFeesKesCents)],
      [text.losses, shillings(day.lossesKesCents)],
      ...day.taxes.map(
        ({ kind, amountKesCents, partsPerMillion }) =>
          [
            `${named(text.taxes, kind)}, ${String(Number(partsPerMillion) / 10_000)} %`,
            kesExact(BigInt(amountKesCents)),
          ] as const,
      ),
      [text.taxesPaid, shillings(day.taxesPaidKesCents)],
      [text.routingFees, satoshis(day.routingFeesMsat)],
      [text.nodeIncome, satoshis(day.nodeIncomeMsat)],
      [text.nodeExpenses, satoshis(day.nodeExpensesMsat)],
      [text.overpayments, satoshis(day.overpaymentsMsat)],
      [text.lossesSats, satoshis(day.lossesMsat)],
    ]),
  );
}

function drawExposure(exposure: Figures["exposure"]): HTMLElement {
  const text = words().income;
  const position = BigInt(exposure.positionMsat);
  return h(
    "div",
    {},
    row({
      title: position < 0n ? text.short : text.long,
      second: text.exposureDetail,
      figure: satsExact(position),
      testId: "income.position",
    }),
    row({ title: text.cost, figure: kesExact(BigInt(exposure.costKesCents)) }),
    row({
      title: text.value,
      second:
        exposure.rateKesPerBtc === null
          ? text.noRate
          : [`${rate(exposure.rateKesPerBtc)} `, exposure.asOf === null ? "" : at(exposure.asOf)],
      figure: kesExact(BigInt(exposure.valueKesCents)),
    }),
    row({
      when: "=",
      title: text.gain,
      figure: kesExact(BigInt(exposure.gainKesCents)),
      total: true,
    }),
  );
}
