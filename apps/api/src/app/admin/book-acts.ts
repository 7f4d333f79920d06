import type { Act, BookAct, BookingRequest, Posting } from "@satsconnect/contracts/admin";
import { err, fiat, msat, msatToFiat, ok } from "@satsconnect/money";
import type { Failure, Fiat, Result } from "@satsconnect/money";
import type { Booking } from "../../domain/books/booking.ts";
import type { Entry } from "../../domain/postings.ts";
import type { Bookings } from "../books/bookings.ts";
import type { Days } from "../books/days.ts";
import type { Statements } from "../books/statements.ts";
import type { RateSource } from "../orders/ports.ts";
import type { ActExecutor, Proposal } from "./acts.ts";

/** The acts of operators on the books. */
export type BookActing = {
  readonly proposal: (request: {
    readonly id: string;
    readonly act: BookAct;
    readonly reason: string;
  }) => Promise<Result<Proposal>>;
  readonly execute: ActExecutor;
};

export function createBookActing(parts: {
  readonly bookings: Bookings;
  readonly statements: Statements;
  readonly days: Days;
  readonly rates: RateSource;
}): BookActing {
  const { bookings, statements, days, rates } = parts;

  /** The amount that the four-eyes limit counts. Bitcoin counts at the current price. */
  async function amountOf(act: BookAct): Promise<Result<Fiat<"KES">>> {
    if (act.type !== "book") return ok(fiat("KES", 0n));
    const booking = readBooking(act.booking);
    if ("amountKesCents" in booking) return ok(booking.amountKesCents);
    const price = await rates.current();
    return price.ok ? ok(msatToFiat(booking.amountMsat, price.value.rate, "ceil")) : price;
  }

  async function previewOf(
    act: BookAct,
  ): Promise<{ readonly postings: readonly Posting[]; readonly refusal: Failure | null }> {
    if (act.type === "book") {
      const entries = await bookings.preview(readBooking(act.booking));
      return entries.ok
        ? { postings: [{ kind: "booking", entries: presentEntries(entries.value) }], refusal: null }
        : { postings: [], refusal: entries.error };
    }
    return { postings: [], refusal: null };
  }

  async function carryOut(act: BookAct, operator: string, reason: string): Promise<Result<string>> {
    switch (act.type) {
      case "book": {
        const { reference } = act.booking;
        const booked = await bookings.book({
          booking: readBooking(act.booking),
          reference,
          operator,
          reason,
        });
        return booked.ok ? ok(`Booked ${booked.value.reference}.`) : booked;
      }
      case "close_day": {
        const { day, despite = null } = act;
        const closed = await days.close({ day, operator, reason: despite });
        if (closed.ok) return ok(`${day} is closed.`);
        // A process may have stopped after it closed the day and before it logged that.
        const [last] = await days.list(1);
        const isRepeated =
          closed.error.code === "day_closed" &&
          last?.day === day &&
          last.operator === operator &&
          last.reason === despite;
        return isRepeated ? ok(`${day} is closed.`) : closed;
      }
      case "tie_line": {
        const tied = await statements.tie(act.lineId, act.reference);
        return tied.ok ? ok(`The line belongs to the booking ${act.reference}.`) : tied;
      }
      case "resolve_book_case":
        return (await statements.cases.resolve(act.caseId, `${operator}: ${reason}`))
          ? ok("The case is resolved.")
          : err("act_not_possible", "There is no open case with this id.", "never");
    }
  }

  return {
    proposal: async ({ id, act, reason }) => {
      const amount = await amountOf(act);
      if (!amount.ok) return amount;
      const { postings, refusal } = await previewOf(act);
      return ok({
        id,
        subject: { kind: "books" },
        act: writeBookAct(act),
        amountKesCents: amount.value,
        postings,
        reason,
        secondPerson: "limit",
        refusal,
      });
    },

    execute: async ({ act, reason, proposedBy, approvedBy }) => {
      const operator =
        approvedBy === null ? proposedBy.name : `${proposedBy.name} and ${approvedBy.name}`;
      const done = await carryOut(readBookAct(act), operator, reason);
      return done.ok ? ok({ message: done.value }) : done;
    },
  };
}

/** An act as the log keeps it: one level of texts. The kind of a booking is in `booking`. */
function writeBookAct(act: BookAct): Act {
  if (act.type === "close_day") {
    const { despite, ...rest } = act;
    return despite === undefined ? rest : { ...rest, despite };
  }
  if (act.type !== "book") return act;
  const { type, ...rest } = act.booking;
  return { type: "book", booking: type, ...rest };
}

/** The act that `writeBookAct` wrote. The contract checked it before it was logged. */
function readBookAct(act: Act): BookAct {
  if (act.type !== "book") return act as unknown as BookAct;
  const { booking, type: _type, ...rest } = act;
  return { type: "book", booking: { ...rest, type: booking } as unknown as BookingRequest };
}

function readBooking(request: BookingRequest): Booking {
  const { reference: _reference, ...rest } = request;
  return "amountMsat" in rest
    ? { ...rest, amountMsat: msat(BigInt(rest.amountMsat)) }
    : { ...rest, amountKesCents: fiat("KES", BigInt(rest.amountKesCents)) };
}

export function presentEntries(entries: readonly Entry[]): Posting["entries"] {
  return entries.map(({ account, currency, amount }) => ({
    account,
    currency,
    amount: String(amount),
  }));
}
