import type { OrderPage } from "@satsconnect/contracts/admin";
import { orderStates } from "@satsconnect/contracts";
import { describe, expect, test } from "vitest";
import { summarize } from "./summary.ts";

type Change = {
  readonly order?: Partial<OrderPage["order"]>;
  readonly journals?: OrderPage["journals"];
  readonly payout?: Partial<OrderPage["payout"]>;
  readonly htlc?: Partial<NonNullable<OrderPage["htlc"]>>;
};

/** The parts of an order's page that a summary reads. */
function page({ order = {}, journals = [], payout = {}, htlc }: Change): OrderPage {
  return {
    order: {
      kind: "buy",
      state: "case",
      final: false,
      amountKesCents: "200000",
      amountMsat: "15575000",
      openCases: 1,
      ...order,
    },
    deadlineAt: "2026-12-01T10:00:00.000Z",
    wakeAt: "2026-11-30T10:00:00.000Z",
    journals,
    caseFile: { suspenseKesCents: "0", payments: [], refund: null },
    payout: { status: "intended", amountKesCents: "200000", ...payout },
    htlc: htlc === undefined ? null : { direction: "inbound", receivedMsat: null, ...htlc },
  } as unknown as OrderPage;
}

const journal = (account: string, amount: string): OrderPage["journals"][number] => ({
  kind: "any",
  at: "2026-11-30T10:00:00.000Z",
  entries: [{ account, currency: "KES", amount }],
});

describe("an order in words", () => {
  test.each(orderStates.flatMap((state) => [["buy", state] as const, ["sell", state] as const]))(
    "has a sentence for a %s in state %s",
    (kind, state) => {
      const { where, next } = summarize(page({ order: { kind, state } }));
      expect(where).toMatch(/^[A-Z15].*\.$/u);
      expect(next).toMatch(/^[A-Z].*\.$/u);
    },
  );

  test("says what the books still hold, also after a part was given back", () => {
    const held = [journal("kes_suspense", "-200000"), journal("kes_suspense", "50000")];
    expect(summarize(page({ journals: held })).where).toContain("KES 1,500 are in our shortcode");
    expect(summarize(page({ journals: [journal("buys_undelivered", "-200000")] })).where).toContain(
      "The sats are not delivered",
    );
    const returned = [journal("kes_suspense", "-200000"), journal("kes_suspense", "200000")];
    const refunded = page({ order: { state: "refunded", final: true }, journals: returned });
    expect(summarize(refunded).where).toContain("went back to the payer");
    // Money that came in after the end is not overlooked.
    const late = page({ order: { state: "paid", final: true }, journals: held });
    expect(summarize(late).where).toContain("held for review");
    expect(summarize(late).open).toBe(true);
  });

  test("takes the earlier of the order's deadline and the HTLC's, and no reminder for a deadline", () => {
    expect(summarize(page({})).by).toBeNull();
    const sell = { kind: "sell", state: "payout_unknown" } as const;
    expect(summarize(page({ order: sell })).by).toBe("2026-12-01T10:00:00.000Z");
    const htlc = { deadlineAt: "2026-11-30T22:00:00.000Z" };
    expect(summarize(page({ order: sell, htlc })).by).toBe("2026-11-30T22:00:00.000Z");
    expect(summarize(page({ order: { ...sell, final: true, openCases: 0 }, htlc })).by).toBeNull();
  });

  test("says of a stopped sell whether it was paid out", () => {
    const stopped = (status: string) =>
      summarize(page({ order: { kind: "sell" }, payout: { status } })).where;
    expect(stopped("confirmed")).toContain("M-Pesa paid out KES 2,000");
    expect(stopped("failed")).toContain("Nothing was paid out");
    expect(stopped("unknown")).toContain("Whether KES 2,000 were paid out");
  });
});
