import type { BookingRequest } from "@satsconnect/contracts/admin";
import { err, ok, parseFiatInput, parseSatInput } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { icon } from "../../design/icon.ts";
import { admin } from "../../client/admin.ts";
import { words } from "../../i18n/words.ts";
import { choiceField, textField } from "../../parts/fields.ts";
import type { Field } from "../../parts/fields.ts";
import { kes, sats } from "../../parts/money.ts";
import { named } from "../../parts/named.ts";
import type { Page, Place } from "../../parts/page.ts";
import { accountName } from "../../parts/postings.ts";
import { proposalForm } from "../../parts/propose.ts";
import { list, row, says, part } from "../../parts/rows.ts";
import { at, atInMargin } from "../../parts/times.ts";

type Type = BookingRequest["type"];

const mpesaPlaces = [
  "mpesa_available",
  "mpesa_working",
  "mpesa_collections",
  "mpesa_collections_working",
] as const;
const places = [...mpesaPlaces, "bank_kes"] as const;

/** The further fields of each booking besides its amount and reference, and the accounts they may name. */
const shapes: Readonly<
  Record<Type, Readonly<Partial<Record<"place" | "from" | "to", readonly string[]>>>>
> = {
  capital_in: { place: places },
  capital_out: { place: places },
  move: { from: places, to: places },
  bank_transfer: { from: places, to: places },
  top_up: { place: mpesaPlaces, from: ["bank_kes", "capital_kes"] },
  mpesa_charge: { place: [...places, "mpesa_charges"] },
  mpesa_bill: { from: places },
  tax_paid: { from: places },
  loss: { place: places },
  bitcoin_in: {},
  bitcoin_out: {},
  bitcoin_loss: {},
};
const types = Object.keys(shapes) as readonly Type[];

/** Chooses what to book, and shows what was booked. */
export async function bookPage(): Promise<Result<Page>> {
  const text = words().books;
  const answer = await admin("listBookings", { query: { limit: 50 } });
  if (!answer.ok) return answer;
  return ok({
    title: text.book,
    back: "#/books",
    testId: "books-book",
    body: [
      list(
        text.book,
        types.map((type) =>
          row({
            when: icon("more"),
            title: text.types[type],
            second: text.typeDetails[type],
            href: `#/books/book/${type}`,
            testId: `book.${type}`,
          }),
        ),
      ),
      answer.value.bookings.length === 0 ? null : part(text.booked),
      answer.value.bookings.map((one) =>
        row({
          when: atInMargin(one.bookedAt),
          title: named(text.types, one.type),
          second: [`${one.reference} · ${one.operator} · ${one.reason} · `, at(one.bookedAt)],
        }),
      ),
    ],
  });
}

/** One booking: its accounts, amount and reference, in words before it is made. */
export async function bookingPage({ parts }: Place): Promise<Result<Page>> {
  const text = words().books;
  const type = types.find((one) => one === parts[2]);
  if (type === undefined) return err("route_not_found", words().noSuchPage, "never");
  const isBitcoin = type.startsWith("bitcoin_");
  return ok({
    title: text.types[type],
    back: "#/books/book",
    testId: "books-booking",
    body: [
      says(text.typeDetails[type], "soft"),
      proposalForm<BookingRequest>((changed) => {
        const accounts = Object.entries(shapes[type]).map(
          ([name, choices]) =>
            [
              name,
              choiceField({
                name: named(text.placeFields, name),
                choices: choices.map((one) => [one, accountName(one)] as const),
                testId: `booking.${name}`,
                oninput: changed,
              }),
            ] as const,
        );
        const amount = textField({
          name: isBitcoin ? words().orders.fields.amountMsat : words().orders.fields.amountKesCents,
          max: 24,
          mode: "decimal",
          testId: "booking.amount",
          oninput: changed,
        });
        const reference = textField({
          name: text.reference,
          hint: text.referenceHint,
          max: 60,
          testId: "booking.reference",
          oninput: changed,
        });
        return {
          fields: [...accounts.map(([, field]) => field), amount, reference],
          read: () => readBooking(type, accounts, amount, reference),
          says: (booking) => says(bookingWords(booking)),
          send: (id, booking, reason) =>
            admin("actOnBooks", { body: { id, act: { type: "book", booking }, reason } }),
          label: text.bookSlab,
          icon: "books",
          testId: "booking",
        };
      }),
    ],
  });
}

function readBooking(
  type: Type,
  accounts: readonly (readonly [string, Field])[],
  amount: Field,
  reference: Field,
): Result<BookingRequest> {
  const text = words();
  if (reference.value().length < 3) {
    reference.focus();
    return err("required", `${text.books.reference}: ${text.act.required}`, "never");
  }
  const common = { type, reference: reference.value() };
  const chosen = Object.fromEntries(accounts.map(([name, field]) => [name, field.value()]));
  if (chosen["from"] !== undefined && chosen["from"] === chosen["to"])
    return err("booking_not_possible", text.books.sameAccount, "never");
  if (type.startsWith("bitcoin_")) {
    const read = parseSatInput(amount.value());
    if (!read.ok || read.value === 0n) return err("amount_malformed", text.books.badSats, "never");
    return ok({ ...common, amountMsat: (read.value * 1_000n).toString() } as BookingRequest);
  }
  const read = parseFiatInput("KES", amount.value());
  if (!read.ok || read.value === 0n) return err("amount_malformed", text.find.badAmount, "never");
  // The fields of each type are those of `shapes`; the server checks them again.
  return ok({ ...common, ...chosen, amountKesCents: read.value.toString() } as BookingRequest);
}

/** `Move between our accounts: KES 50,000, from “…” to “…”, reference UKN5X7K2QP.` */
function bookingWords(booking: BookingRequest): string {
  const text = words().books;
  const amount = "amountMsat" in booking ? sats(booking.amountMsat) : kes(booking.amountKesCents);
  const named: readonly (readonly [string, string])[] = (["place", "from", "to"] as const).flatMap(
    (name) =>
      name in booking
        ? [
            [
              text.placeFields[name],
              accountName(String((booking as Record<string, string>)[name])),
            ] as const,
          ]
        : [],
  );
  return [
    `${text.types[booking.type]}: ${amount}`,
    ...named.map(([name, account]) => `${name}: “${account}”`),
    `${text.reference}: ${booking.reference}`,
  ].join(" · ");
}
