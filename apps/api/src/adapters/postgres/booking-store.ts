import { err, fiat, msat, ok } from "@satsconnect/money";
import { inTransaction } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import type { BookingStore, StoredBooking } from "../../app/books/ports.ts";
import type { Booking } from "../../domain/books/booking.ts";
import type { Account, Entry } from "../../domain/postings.ts";
import { jsonbText } from "./jsonb.ts";

/** The lock under which orders reserve float (`open_order`), so that a booking cannot take the same float. */
const floatLock = 7_283_645_002n;

type Row = {
  reference: string;
  body: Record<string, string>;
  operator: string;
  reason: string;
  booked_at: Date;
  entries: { account: string; currency: string; amount: string }[];
};

const select = `SELECT b.reference, b.body, b.operator, b.reason, b.booked_at,
    (SELECT jsonb_agg(jsonb_build_object('account', e.account, 'currency', e.currency, 'amount', e.amount::text)
              ORDER BY e.line) FROM ledger_entries e WHERE e.journal_id = b.journal_id) AS entries
  FROM bookings b`;

/** The operator's bookings in Postgres. */
export function createBookingStore(database: Database): BookingStore {
  return {
    book: (booking, decide) =>
      inTransaction(database, async (transaction) => {
        await transaction.query("SELECT pg_advisory_xact_lock($1)", [floatLock]);
        const { rows } = await transaction.query<Row>(`${select} WHERE b.reference = $1`, [
          booking.reference,
        ]);
        if (rows[0] !== undefined) return ok(read(rows[0]));
        const { rows: balances } = await transaction.query<{ code: Account; balance: string }>(
          "SELECT code, ledger_balance(code) AS balance FROM ledger_accounts",
        );
        const byAccount = new Map(balances.map(({ code, balance }) => [code, BigInt(balance)]));
        const decided = decide({ balance: (account) => byAccount.get(account) ?? 0n });
        if (!decided.ok) return err(decided.error.code, decided.error.message, decided.error.retry);
        const entries = decided.value;
        const at = new Date(booking.bookedAt);
        const { rows: journals } = await transaction.query<{ id: bigint }>(
          "SELECT post_dated_journal($1, 'booking', $2, NULL, $3::jsonb) AS id",
          [booking.reference, at, jsonbText(writeEntries(entries))],
        );
        await transaction.query(
          `INSERT INTO bookings (reference, type, body, operator, reason, journal_id, booked_at)
            VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7)`,
          [
            booking.reference,
            booking.booking.type,
            jsonbText(writeBooking(booking.booking)),
            booking.operator,
            booking.reason,
            journals[0]?.id,
            at,
          ],
        );
        return ok({ ...booking, entries });
      }),
    list: async (limit) => {
      const { rows } = await database.query<Row>(
        `${select} ORDER BY b.booked_at DESC, b.journal_id DESC LIMIT $1`,
        [limit],
      );
      return rows.map(read);
    },
  };
}

export function writeEntries(entries: readonly Entry[]): readonly object[] {
  return entries.map((entry) => ({ ...entry, amount: String(entry.amount) }));
}

function writeBooking(booking: Booking): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(booking).map(([name, value]) => [name, String(value)] as const),
  );
}

function read(row: Row): StoredBooking {
  const { amountKesCents, amountMsat, ...rest } = row.body;
  const amount =
    amountMsat === undefined
      ? { amountKesCents: fiat("KES", BigInt(amountKesCents ?? "0")) }
      : { amountMsat: msat(BigInt(amountMsat)) };
  return {
    reference: row.reference,
    booking: { ...rest, ...amount } as unknown as Booking,
    operator: row.operator,
    reason: row.reason,
    bookedAt: row.booked_at.getTime(),
    entries: row.entries.map(
      ({ account, currency, amount: cents }) =>
        ({ account, currency, amount: BigInt(cents) }) as unknown as Entry,
    ),
  };
}
