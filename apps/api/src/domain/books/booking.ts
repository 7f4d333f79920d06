import { err, formatFiat, formatMsat, ok } from "@satsconnect/money";
import type { Fiat, Msat, Result } from "@satsconnect/money";
import { credit, debit, transfer } from "../postings.ts";
import type { Account, Entry } from "../postings.ts";

/** Where the operator's shillings are. Reserved float belongs to orders and is not moved by hand. */
export const kesPlaces = [
  "mpesa_available",
  "mpesa_working",
  "mpesa_collections",
  "mpesa_collections_working",
  "bank_kes",
] as const;
type KesPlace = (typeof kesPlaces)[number];

/** A movement of money that belongs to no order and that an operator books. */
export type Booking =
  /** The owners put shillings in, or take them out. */
  | {
      readonly type: "capital_in" | "capital_out";
      readonly place: KesPlace;
      readonly amountKesCents: Fiat<"KES">;
    }
  | { readonly type: "bitcoin_in" | "bitcoin_out"; readonly amountMsat: Msat }
  /** Between M-Pesa accounts: collections into float, working account into utility account. */
  | {
      readonly type: "move";
      readonly from: KesPlace;
      readonly to: KesPlace;
      readonly amountKesCents: Fiat<"KES">;
    }
  /** Between an M-Pesa account and the bank. */
  | {
      readonly type: "bank_transfer";
      readonly from: KesPlace;
      readonly to: KesPlace;
      readonly amountKesCents: Fiat<"KES">;
    }
  /** Money that M-Pesa's own balance shows and the ledger does not have yet. `from`: the bank, or new capital. */
  | {
      readonly type: "top_up";
      readonly place: Exclude<KesPlace, "bank_kes">;
      readonly from: "bank_kes" | "capital_kes";
      readonly amountKesCents: Fiat<"KES">;
    }
  /** M-Pesa's charge for one transaction that no order paid: taken from an account, or added to the charges to be billed. */
  | {
      readonly type: "mpesa_charge";
      readonly place: KesPlace | "mpesa_charges";
      readonly amountKesCents: Fiat<"KES">;
    }
  /** M-Pesa's bill: the charges account is paid off. */
  | { readonly type: "mpesa_bill"; readonly from: KesPlace; readonly amountKesCents: Fiat<"KES"> }
  | { readonly type: "tax_paid"; readonly from: KesPlace; readonly amountKesCents: Fiat<"KES"> }
  | { readonly type: "loss"; readonly place: KesPlace; readonly amountKesCents: Fiat<"KES"> }
  | { readonly type: "bitcoin_loss"; readonly amountMsat: Msat };

export type BookingRefusal = "booking_not_possible" | "balance_too_small" | "top_up_not_shown";

/** Input of a booking's decision: balances in the ledger, and M-Pesa's excess over the ledger. */
export type BookingFacts = {
  readonly balance: (account: Account) => bigint;
  /** M-Pesa's balance at the last comparison less the ledger's of now; null if it was not compared. */
  readonly shownByMpesa: (place: Exclude<KesPlace, "bank_kes">) => bigint | null;
};

/**
 * Decides a booking and returns its entries. Money cannot leave an account that the ledger does not have: a wrong booking
 * would otherwise turn free float negative.
 */
export function decideBooking(
  booking: Booking,
  facts: BookingFacts,
): Result<readonly Entry[], BookingRefusal> {
  const amount: bigint = "amountMsat" in booking ? booking.amountMsat : booking.amountKesCents;
  if (amount <= 0n) return impossible("The amount must be more than zero.");
  switch (booking.type) {
    case "capital_in":
      return ok(transfer("KES", "capital_kes", booking.place, booking.amountKesCents));
    case "capital_out":
      return fromPlace(booking.place, "capital_kes", booking.amountKesCents, facts);
    case "bitcoin_in":
      return ok(transfer("MSAT", "capital_msat", "treasury", booking.amountMsat));
    case "bitcoin_out":
      return fromTreasury("capital_msat", booking.amountMsat, facts);
    case "bitcoin_loss":
      return fromTreasury("write_offs_msat", booking.amountMsat, facts);
    case "move":
      if (booking.from === booking.to) return impossible("The money must move to another account.");
      if (booking.from === "bank_kes" || booking.to === "bank_kes") {
        return impossible("A movement to or from the bank is a bank transfer.");
      }
      return fromPlace(booking.from, booking.to, booking.amountKesCents, facts);
    case "bank_transfer":
      if ((booking.from === "bank_kes") === (booking.to === "bank_kes")) {
        return impossible("A bank transfer is between the bank and one M-Pesa account.");
      }
      return fromPlace(booking.from, booking.to, booking.amountKesCents, facts);
    case "top_up":
      return topUp(booking, facts);
    case "mpesa_charge":
      return booking.place === "mpesa_charges"
        ? ok(transfer("KES", "mpesa_charges", "mpesa_fees", booking.amountKesCents))
        : fromPlace(booking.place, "mpesa_fees", booking.amountKesCents, facts);
    case "mpesa_bill": {
      const owed = 0n - facts.balance("mpesa_charges");
      if (booking.amountKesCents > owed) {
        return err(
          "balance_too_small",
          `M-Pesa's unbilled charges are ${shillings(owed)}; a bill cannot be more than that. Book the rest as a charge.`,
          "never",
        );
      }
      return fromPlace(booking.from, "mpesa_charges", booking.amountKesCents, facts);
    }
    case "tax_paid":
      return fromPlace(booking.from, "taxes_kes", booking.amountKesCents, facts);
    case "loss":
      return fromPlace(booking.place, "write_offs_kes", booking.amountKesCents, facts);
  }
}

function topUp(
  { place, from, amountKesCents }: Extract<Booking, { type: "top_up" }>,
  facts: BookingFacts,
): Result<readonly Entry[], BookingRefusal> {
  const shown = facts.shownByMpesa(place);
  if (shown === null || shown < amountKesCents) {
    return err(
      "top_up_not_shown",
      shown === null
        ? "M-Pesa's balance has not been compared yet. Wait for the next comparison."
        : `M-Pesa's balance shows ${shillings(shown)} more than the books, not ${shillings(amountKesCents)}.`,
      "never",
    );
  }
  return from === "bank_kes"
    ? fromPlace("bank_kes", place, amountKesCents, facts)
    : ok(transfer("KES", from, place, amountKesCents));
}

function fromPlace(
  from: KesPlace,
  to: Account<"KES">,
  amount: Fiat<"KES">,
  facts: BookingFacts,
): Result<readonly Entry[], BookingRefusal> {
  const balance = facts.balance(from);
  // The bank is not compared with anything here, so its balance is only what was booked.
  if (from !== "bank_kes" && amount > balance) {
    return err(
      "balance_too_small",
      `${from} has ${shillings(balance)} in the books, which is less than ${shillings(amount)}.`,
      "never",
    );
  }
  return ok([debit("KES", to, amount), credit("KES", from, amount)]);
}

function fromTreasury(
  to: Account<"MSAT">,
  amount: Msat,
  facts: BookingFacts,
): Result<readonly Entry[], BookingRefusal> {
  const balance = facts.balance("treasury");
  if (amount > balance) {
    return err(
      "balance_too_small",
      `The treasury has ${formatMsat((balance < 0n ? 0n : balance) as Msat)} in the books, which is less than ${formatMsat(amount)}.`,
      "never",
    );
  }
  return ok(transfer("MSAT", "treasury", to, amount));
}

function impossible(message: string): Result<never, "booking_not_possible"> {
  return err("booking_not_possible", message, "never");
}

function shillings(cents: bigint): string {
  const text = formatFiat("KES", (cents < 0n ? 0n - cents : cents) as Fiat<"KES">);
  return cents < 0n ? `minus ${text}` : text;
}
