import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fiat, kes, msat } from "@satsconnect/money";
import { findImbalance } from "../postings.ts";
import type { Account } from "../postings.ts";
import { decideBooking, kesPlaces } from "./booking.ts";
import type { Booking } from "./booking.ts";

const balances: Partial<Record<Account, bigint>> = {
  mpesa_available: 10_000_00n,
  mpesa_working: 500_00n,
  mpesa_collections: 2_000_00n,
  mpesa_charges: -40_00n,
  treasury: 5_000_000n,
};
const facts = {
  balance: (account: Account) => balances[account] ?? 0n,
  shownByMpesa: (place: string) => (place === "mpesa_working" ? null : 300_00n),
};

const place = fc.constantFrom(...kesPlaces);
const cents = fc.bigInt({ min: 0n, max: 20_000_00n }).map((value) => fiat("KES", value));
const bitcoin = fc.bigInt({ min: 0n, max: 10_000_000n }).map(msat);
const anyBooking = fc.oneof(
  fc.record({
    type: fc.constantFrom("capital_in", "capital_out", "loss"),
    place,
    amountKesCents: cents,
  }),
  fc.record({
    type: fc.constantFrom("move", "bank_transfer"),
    from: place,
    to: place,
    amountKesCents: cents,
  }),
  fc.record({
    type: fc.constantFrom("mpesa_bill", "tax_paid"),
    from: place,
    amountKesCents: cents,
  }),
  fc.record({
    type: fc.constant("mpesa_charge"),
    place: fc.constantFrom(...kesPlaces, "mpesa_charges"),
    amountKesCents: cents,
  }),
  fc.record({
    type: fc.constant("top_up"),
    place: fc.constantFrom(...kesPlaces.filter((one) => one !== "bank_kes")),
    from: fc.constantFrom("bank_kes", "capital_kes"),
    amountKesCents: cents,
  }),
  fc.record({
    type: fc.constantFrom("bitcoin_in", "bitcoin_out", "bitcoin_loss"),
    amountMsat: bitcoin,
  }),
) as fc.Arbitrary<Booking>;

describe("a booking", () => {
  test("balances, or is refused with a sentence, and never takes more than an account has", () => {
    let booked = 0;
    fc.assert(
      fc.property(anyBooking, (booking) => {
        const decided = decideBooking(booking, facts);
        if (!decided.ok) {
          expect(decided.error.message).toMatch(/\.$/);
          return;
        }
        booked += 1;
        expect(findImbalance(decided.value)).toBeNull();
        expect(decided.value.every(({ amount }) => amount !== 0n)).toBe(true);
        for (const { account, amount } of decided.value) {
          const isBounded =
            account === "treasury" || (account.startsWith("mpesa_") && account !== "mpesa_charges");
          if (isBounded && account !== "mpesa_fees")
            expect(facts.balance(account) + amount).toBeGreaterThanOrEqual(0n);
          // M-Pesa never owes the operator charges.
          if (account === "mpesa_charges")
            expect(facts.balance(account) + amount).toBeLessThanOrEqual(0n);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(booked).toBeGreaterThan(200);
  });

  test.each<[string, Booking, string]>([
    [
      "of nothing",
      { type: "capital_in", place: "bank_kes", amountKesCents: kes(0n) },
      "The amount must be more than zero.",
    ],
    [
      "from an account to itself",
      { type: "move", from: "mpesa_working", to: "mpesa_working", amountKesCents: kes(1n) },
      "The money must move to another account.",
    ],
    [
      "to the bank that is not a bank transfer",
      { type: "move", from: "mpesa_working", to: "bank_kes", amountKesCents: kes(1n) },
      "A movement to or from the bank is a bank transfer.",
    ],
    [
      "of a bank transfer without the bank",
      {
        type: "bank_transfer",
        from: "mpesa_working",
        to: "mpesa_available",
        amountKesCents: kes(1n),
      },
      "A bank transfer is between the bank and one M-Pesa account.",
    ],
    [
      "of more than there is",
      { type: "move", from: "mpesa_working", to: "mpesa_available", amountKesCents: kes(501n) },
      "mpesa_working has KES 500 in the books, which is less than KES 501.",
    ],
    [
      "of a bill above the charges",
      { type: "mpesa_bill", from: "mpesa_working", amountKesCents: kes(41n) },
      "M-Pesa's unbilled charges are KES 40; a bill cannot be more than that. Book the rest as a charge.",
    ],
    [
      "of a top-up that M-Pesa does not show",
      { type: "top_up", place: "mpesa_available", from: "capital_kes", amountKesCents: kes(301n) },
      "M-Pesa's balance shows KES 300 more than the books, not KES 301.",
    ],
    [
      "of a top-up before M-Pesa was asked",
      { type: "top_up", place: "mpesa_working", from: "capital_kes", amountKesCents: kes(1n) },
      "M-Pesa's balance has not been compared yet. Wait for the next comparison.",
    ],
    [
      "of more bitcoin than the treasury has",
      { type: "bitcoin_out", amountMsat: msat(5_000_001n) },
      "The treasury has 5,000 sat in the books, which is less than 5,000.001 sat.",
    ],
  ])("is refused: %s", (_name, booking, message) => {
    expect(decideBooking(booking, facts)).toMatchObject({ ok: false, error: { message } });
  });
});
