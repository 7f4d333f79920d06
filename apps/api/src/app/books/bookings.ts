import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { decideBooking } from "../../domain/books/booking.ts";
import type { Booking, BookingFacts, BookingRefusal } from "../../domain/books/booking.ts";
import type { Entry } from "../../domain/postings.ts";
import { ledgerFigure } from "../reconciliation/bookings.ts";
import type { ComparisonStore, Figure, Ledger } from "../reconciliation/ports.ts";
import type { BookingStore, StoredBooking } from "./ports.ts";

type BookingRequest = {
  readonly booking: Booking;
  /** Makes the booking unique: M-Pesa's receipt, so that the statement's line finds it, or the bank's reference. */
  readonly reference: string;
  readonly operator: string;
  readonly reason: string;
};

export type Bookings = {
  /** Books once for each reference. Repeating the request returns the first booking. */
  readonly book: (
    request: BookingRequest,
  ) => Promise<Result<StoredBooking, BookingRefusal | "booking_reference_used" | "books_not_open">>;
  /** The entries that `book` would post now. */
  readonly preview: (booking: Booking) => Promise<Result<readonly Entry[], BookingRefusal>>;
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly StoredBooking[]>;
};

const figureOfPlace = {
  mpesa_available: "mpesa_utility",
  mpesa_working: "mpesa_working",
  mpesa_collections: "mpesa_collections",
  mpesa_collections_working: "mpesa_collections_working",
} as const satisfies Record<string, Figure>;

export function createBookings(parts: {
  readonly store: BookingStore;
  readonly ledger: Ledger;
  readonly comparisons: ComparisonStore;
  readonly now: () => number;
}): Bookings {
  const { store, ledger, comparisons, now } = parts;

  /** M-Pesa's own figures at the last comparison. */
  async function lastFigures(): Promise<ReadonlyMap<Figure, bigint>> {
    const latest = (await comparisons.latest(1))[0]?.comparisons ?? [];
    return new Map(latest.map(({ figure, actual }) => [figure, actual] as const));
  }

  return {
    preview: async (booking) => {
      const [balances, actual] = await Promise.all([ledger.balances(), lastFigures()]);
      return decideBooking(
        booking,
        factsOf((account) => balances.get(account) ?? 0n, actual),
      );
    },
    book: async ({ booking, reference, operator, reason }) => {
      if (!(await ledger.isOpen())) {
        return err(
          "books_not_open",
          "The books are not open yet: M-Pesa's and the node's balances have to be known first.",
          "safe",
        );
      }
      const actual = await lastFigures();
      const booked = await store.book(
        // Receipts are written in capital letters by M-Pesa, and in small ones by people.
        { booking, reference: reference.trim().toUpperCase(), operator, reason, bookedAt: now() },
        ({ balance }) => decideBooking(booking, factsOf(balance, actual)),
      );
      if (booked.ok && !isSame(booked.value.booking, booking)) {
        return err(
          "booking_reference_used",
          `The reference ${booked.value.reference} belongs to another booking.`,
          "never",
        );
      }
      return booked;
    },
    list: store.list,
  };
}

/** M-Pesa's current excess over the ledger, so that a top-up is not booked twice under two references. */
function factsOf(
  balance: BookingFacts["balance"],
  actual: ReadonlyMap<Figure, bigint>,
): BookingFacts {
  return {
    balance,
    shownByMpesa: (place) => {
      const figure = figureOfPlace[place];
      const shown = actual.get(figure);
      return shown === undefined ? null : shown - ledgerFigure(figure, balance);
    },
  };
}

function isSame(left: Booking, right: Booking): boolean {
  const text = (booking: Booking) =>
    Object.entries(booking)
      .map(([name, value]) => `${name}=${String(value)}`)
      .toSorted()
      .join();
  return text(left) === text(right);
}
