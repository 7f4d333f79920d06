import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { fixtureHistory, fixtureItem, fixtureNow, movingBuy } from "../testing/fixture-wallet.ts";
import {
  direction,
  kesOf,
  historyDays,
  historyRow,
  liveRow,
  matchesSearch,
} from "./history-rows.ts";

const rate = 1_270_000_000n;

describe("a history row", () => {
  it("carries a sign, and none when the payment did not happen", () => {
    const amounts = fixtureHistory
      .slice(0, 6)
      .map((item) => historyRow(item, rate, moneyEn).amount);
    expect(amounts).toEqual(["−120", "+650", "−500", "−1,500", "3,000", "+2,970"]);
    const back = fixtureHistory[4];
    if (back === undefined) throw new Error("The fixture history has a returned sell");
    expect(direction(back)).toBe(0);
    expect(historyRow(back, rate, moneySw)).toMatchObject({
      secondaryAmount: "zimerudi",
      muted: true,
    });
  });

  it("names the counterparty or description, and the kind of payment", () => {
    const rows = fixtureHistory.map((item) => historyRow(item, rate, moneyEn));
    expect(rows[0]).toMatchObject({ title: "Mama Njeri", detail: "Sent", time: "13:58" });
    expect(rows[3]).toMatchObject({ title: "WANJIKU M•••••", detail: "SKK9W2M6BX" });
    expect(rows[5]).toMatchObject({ title: "Bought with M-Pesa", detail: "SKK1P5R8TD" });
    expect(rows[6]).toMatchObject({ title: "Received", detail: "Lightning" });
  });

  it("shows sats where no price is known, and sats first when chosen", () => {
    const item = fixtureItem({ id: "x", amountKesCents: null });
    expect(kesOf(item, null)).toBeNull();
    expect(historyRow(item, null, moneyEn)).toMatchObject({
      amount: "−945",
      secondaryAmount: "sats",
    });
    expect(historyRow(item, rate, moneyEn, "sats")).toMatchObject({
      amount: "−945",
      secondaryAmount: "KES 120",
    });
  });
});

describe("days", () => {
  it("run from the newest, each with its net amount", () => {
    const days = historyDays(fixtureHistory, rate, fixtureNow, moneyEn);
    expect(days.map(({ name }) => name)).toEqual([
      "Today, Thursday 21 Nov",
      "Yesterday, Wednesday 20 Nov",
      "Wednesday 18 Oct 2023",
    ]);
    expect(days.map(({ net }) => net)).toEqual(["+30", "+1,470", "+12,700"]);
  });

  it("leave out the net amount when the value of an item is unknown", () => {
    const days = historyDays(
      [fixtureItem({ id: "x", amountKesCents: null })],
      null,
      fixtureNow,
      moneyEn,
    );
    expect(days[0]?.net).toBeNull();
  });
});

describe("a live line", () => {
  it("says what to do and by when", () => {
    expect(liveRow(movingBuy, rate, fixtureNow, moneyEn)).toMatchObject({
      countdown: "1:42",
      title: "Buying KES 2,000",
      detail: "Enter your M-Pesa PIN by 14:33",
      path: { placeCount: 4, reachedCount: 1, from: "M-Pesa", to: "This phone" },
    });
  });

  it("says late where nobody answers, and shows no deadline that is a day away", () => {
    const late = { ...movingBuy, orderState: "payout_unknown", kind: "sell" } as const;
    expect(liveRow(late, rate, fixtureNow, moneySw).countdown).toBe("bado");
    const paying = { ...movingBuy, orderState: "paying", deadlineAt: fixtureNow + 86_400_000 };
    expect(liveRow(paying, rate, fixtureNow, moneyEn)).toMatchObject({
      countdown: "now",
      detail: "On the way. Keep the app open.",
    });
  });

  it("has text for every order state", () => {
    const states = [
      "stk_requested",
      "stk_unknown",
      "kes_received",
      "paying",
      "invoice_needed",
      "refunding",
      "invoice_open",
      "held",
      "payout_requested",
      "payout_unknown",
      "payout_confirmed",
      "protective_claim",
      "owed",
      "returning",
      "case",
      null,
    ];
    for (const words of [moneyEn, moneySw])
      for (const orderState of states)
        for (const deadlineAt of [null, fixtureNow - 1, fixtureNow + 60_000]) {
          const row = liveRow({ ...movingBuy, orderState, deadlineAt }, rate, fixtureNow, words);
          expect(row.detail).not.toBe("");
          expect(row.countdown).not.toBe("");
          expect(row.path.reachedCount).toBeLessThanOrEqual(row.path.placeCount);
        }
  });
});

describe("a search", () => {
  const found = (text: string) =>
    fixtureHistory.filter((item) => matchesSearch(item, text, rate, moneyEn)).map(({ id }) => id);

  it("matches names, receipts and amounts, in any order and case", () => {
    expect(found("njeri")).toEqual(["njeri"]);
    expect(found("skk9w2m6bx")).toEqual(["sold"]);
    expect(found("1500")).toEqual(["sold"]);
    expect(found("1,500 wanjiku")).toEqual(["sold"]);
    expect(found("  ")).toHaveLength(fixtureHistory.length);
    expect(found("nobody")).toEqual([]);
  });
});
