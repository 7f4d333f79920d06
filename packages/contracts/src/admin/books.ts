import { z } from "zod";
import {
  components,
  lineText,
  positiveMsatText,
  kesCentsText,
  rateText,
  timestamp,
  uuid,
} from "../rest/primitives.ts";
import { actReason } from "./acts.ts";
import { ledgerEntry } from "./ledger.ts";

/*
 * The operator's books. Changing them is an act with `subject` `books`: in the log, and above the limit with a second
 * person. Signed amounts are decimal strings: cents or millisatoshis, a debit above zero.
 */

const signedText = z
  .string()
  .regex(/^-?\d+$/)
  .register(components, {
    id: "SignedAmount",
    description: "Cents or millisatoshis as a decimal string; may be below zero.",
    examples: ["-150000"],
  });

const day = z.iso.date().register(components, {
  id: "Day",
  description: "A day in Nairobi.",
  examples: ["2026-11-23"],
});

const shortcode = z.string().regex(/^\d{5,7}$/, { error: "A shortcode has 5 to 7 digits." });
export const statementAccountNames = ["utility", "working", "charges"] as const;
const statementAccount = z.enum(statementAccountNames);

const positiveKesCents = kesCentsText.refine((text) => text !== "0", {
  error: "The amount must be more than zero.",
});

const place = z.enum([
  "mpesa_available",
  "mpesa_working",
  "mpesa_collections",
  "mpesa_collections_working",
  "bank_kes",
]);
const mpesaPlace = place.exclude(["bank_kes"]);

const reference = z
  .string()
  .trim()
  .min(3, { error: "A reference has at least 3 characters." })
  .pipe(lineText(60))
  .describe(
    "Makes the booking unique. M-Pesa's receipt, so that the statement's line finds it, or the bank's reference.",
  );

const common = { reference, amountKesCents: positiveKesCents } as const;

/** A movement of money that belongs to no order. */
const bookingRequest = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.enum(["capital_in", "capital_out", "loss"]), place, ...common }),
    z.strictObject({ type: z.enum(["move", "bank_transfer"]), from: place, to: place, ...common }),
    z.strictObject({
      type: z.literal("top_up"),
      place: mpesaPlace,
      from: z.enum(["bank_kes", "capital_kes"]),
      ...common,
    }),
    z.strictObject({
      type: z.literal("mpesa_charge"),
      place: z.enum([...place.options, "mpesa_charges"]),
      ...common,
    }),
    z.strictObject({ type: z.enum(["mpesa_bill", "tax_paid"]), from: place, ...common }),
    z.strictObject({
      type: z.enum(["bitcoin_in", "bitcoin_out", "bitcoin_loss"]),
      reference,
      amountMsat: positiveMsatText,
    }),
  ])
  .register(components, {
    id: "BookingRequest",
    examples: [
      {
        type: "move",
        from: "mpesa_collections",
        to: "mpesa_available",
        reference: "UKN5X7K2QP",
        amountKesCents: "5000000",
      },
    ],
  });
export type BookingRequest = z.infer<typeof bookingRequest>;

/** Requests that change the books. */
const bookAct = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("book"), booking: bookingRequest }),
    z.strictObject({
      type: z.literal("close_day"),
      day,
      despite: actReason
        .optional()
        .describe("Why the day is closed although something is open on it; refused without, then."),
    }),
    z
      .strictObject({ type: z.literal("tie_line"), lineId: uuid, reference })
      .describe("Ties an unmatched line to a booking of its amount that has another reference."),
    z
      .strictObject({ type: z.literal("resolve_book_case"), caseId: uuid })
      .describe("Resolves a case that no booking can resolve. The reason says how."),
  ])
  .register(components, { id: "BookAct" });
export type BookAct = z.infer<typeof bookAct>;

export const bookActProposal = z
  .strictObject({
    id: uuid.describe("Chosen by the caller; repeating the request with the same id is safe."),
    act: bookAct,
    reason: actReason,
  })
  .register(components, { id: "BookActProposal" });

const comparison = z
  .strictObject({
    figure: z.string(),
    currency: z.enum(["KES", "MSAT"]),
    ledger: signedText,
    actual: signedText.describe("M-Pesa's or the node's own figure."),
    difference: signedText.describe("`actual` less `ledger`."),
  })
  .register(components, { id: "Comparison" });

export const booksState = z
  .strictObject({
    isOpen: z.boolean().describe("Whether the opening balances are booked."),
    comparedAt: timestamp.nullable(),
    comparisons: z.array(comparison),
    differences: z
      .array(comparison)
      .describe("The same in the last two comparisons: no order in progress explains them."),
    balances: z.array(
      z.strictObject({ account: z.string(), currency: z.string(), balance: signedText }),
    ),
    openCases: z.number().int(),
    waitingLines: z.number().int(),
    unmatchedLines: z.number().int(),
    lastClosedDay: day.nullable(),
    today: day,
    pull: z
      .strictObject({ pulledUntil: timestamp.nullable(), failure: z.string().nullable() })
      .nullable()
      .describe("Pull Transactions; null if it never ran."),
    pullGaps: z
      .array(z.strictObject({ shortcode, from: timestamp, to: timestamp }))
      .describe("Times that only a statement file can show."),
  })
  .register(components, { id: "BooksState" });
export type BooksState = z.infer<typeof booksState>;

const booking = z
  .strictObject({
    reference: z.string(),
    type: z.string(),
    operator: z.string(),
    reason: z.string(),
    bookedAt: timestamp,
    entries: z.array(ledgerEntry),
  })
  .register(components, { id: "Booking" });

const limit = z.coerce.number<string | number>().int().min(1).max(500).default(50);

export const booksListQuery = z.strictObject({ limit });
export const bookingList = z
  .strictObject({ bookings: z.array(booking) })
  .register(components, { id: "BookingList" });

export const lineStateNames = [
  "new",
  "matched",
  "booked",
  "unmatched",
  "paired",
  "opening",
] as const;
export const statementLineQuery = z.strictObject({
  limit,
  state: z.enum(lineStateNames).optional(),
});

const statementLine = z
  .strictObject({
    id: uuid,
    shortcode,
    account: statementAccount,
    receipt: z.string(),
    isCharge: z.boolean(),
    cents: signedText.describe("Above zero: paid in."),
    completedAt: timestamp,
    details: z.string(),
    otherParty: z.string(),
    accountReference: z.string(),
    linkedReceipt: z.string(),
    source: z.enum(["csv", "pull"]),
    state: z
      .enum(lineStateNames)
      .describe(
        "`new`: not judged for good. `matched`: a journal has it. `booked`: M-Pesa's charge. `unmatched`: only the statement knows it. `paired`: cancelled out by another line. `opening`: in the opening balances.",
      ),
    orderId: uuid.nullable(),
  })
  .register(components, { id: "StatementLine", description: "A movement that M-Pesa reports." });
export type StatementLine = z.infer<typeof statementLine>;

export const statementLineList = z
  .strictObject({ lines: z.array(statementLine) })
  .register(components, { id: "StatementLineList" });

export const bookCaseQuery = z.strictObject({
  limit,
  state: z.enum(["open", "all"]).default("open"),
});
export const bookCaseList = z
  .strictObject({
    cases: z.array(
      z
        .strictObject({
          id: uuid,
          code: z.string(),
          meaning: z.string().describe("What the code means, one sentence."),
          detail: z.string(),
          lineId: uuid.nullable(),
          orderId: uuid.nullable(),
          openedAt: timestamp,
          resolvedAt: timestamp.nullable(),
          resolution: z.string().nullable(),
        })
        .register(components, { id: "BookCase", description: "Money that no order has." }),
    ),
  })
  .register(components, { id: "BookCaseList" });

/** The largest statement file, in characters. */
export const maxStatementLength = 12_000_000;

export const statementUpload = z
  .strictObject({
    shortcode,
    account: statementAccount,
    file: z
      .string()
      .min(1)
      .max(maxStatementLength)
      .describe("The portal's CSV as text. It is read once; no line is added twice."),
  })
  .register(components, { id: "StatementUpload" });

export const importedStatement = z
  .strictObject({
    lines: z.number().int(),
    added: z.number().int().describe("Lines that were not known."),
    skipped: z.number().int().describe("Rows that moved no money."),
    gaps: z.number().int().describe("Places where the balances show that rows are missing."),
    contradictions: z
      .array(z.string())
      .describe("Receipts that M-Pesa reported before with another amount; each has a case."),
  })
  .register(components, { id: "ImportedStatement" });

const trialLine = z
  .strictObject({
    account: z.string(),
    currency: z.enum(["KES", "MSAT"]),
    opening: signedText,
    debits: signedText,
    credits: signedText,
    closing: signedText,
  })
  .register(components, { id: "TrialLine" });

const dayFindings = {
  waitingLines: z.number().int(),
  unmatchedLines: z.number().int(),
  balances: z.array(
    z.strictObject({
      shortcode,
      account: statementAccount,
      statement: signedText.nullable().describe("Null: no statement file of this day."),
      ledger: signedText,
    }),
  ),
} as const;

export const dayParams = z.strictObject({ day });
export const dayPreview = z
  .strictObject({
    day,
    trialBalance: z.array(trialLine),
    ...dayFindings,
    open: z.array(z.string()).describe("What is open, as sentences; closing then needs a reason."),
  })
  .register(components, { id: "DayPreview" });

export const closedDayList = z
  .strictObject({
    days: z.array(
      z
        .strictObject({
          day,
          closedAt: timestamp,
          operator: z.string(),
          reason: z.string().nullable(),
          trialBalance: z.array(trialLine),
          ...dayFindings,
        })
        .register(components, { id: "ClosedDay" }),
    ),
  })
  .register(components, { id: "ClosedDayList" });

export const figuresQuery = z.strictObject({ from: day, to: day });

const dayFigures = z
  .strictObject({
    day,
    feesKesCents: z
      .strictObject({
        spread: signedText,
        mpesa: signedText,
        channel_open: signedText,
        routing: signedText,
        other: signedText,
      })
      .describe("Fees of the exchanges completed on the day, by the quotes' fee lines."),
    mpesaFeesKesCents: signedText,
    lossesKesCents: signedText,
    taxesPaidKesCents: signedText,
    routingFeesMsat: signedText,
    nodeIncomeMsat: signedText,
    nodeExpensesMsat: signedText,
    overpaymentsMsat: signedText,
    lossesMsat: signedText,
    taxes: z.array(
      z
        .strictObject({
          kind: z.string(),
          baseKesCents: signedText,
          partsPerMillion: z.string(),
          effectiveFrom: day,
          amountKesCents: signedText,
        })
        .register(components, { id: "TaxLine", description: "A tax on the day's fees." }),
    ),
  })
  .register(components, { id: "DayFigures" });

export const figures = z
  .strictObject({
    days: z.array(dayFigures),
    exposure: z
      .strictObject({
        positionMsat: signedText.describe("Above zero: long in bitcoin; below: short."),
        costKesCents: signedText,
        valueKesCents: signedText.describe("The position at the rate; 0 without a rate."),
        gainKesCents: signedText,
        rateKesPerBtc: rateText.nullable(),
        asOf: timestamp.nullable(),
      })
      .describe("What the exchange has won or lost by the price."),
  })
  .register(components, { id: "Figures" });
export type Figures = z.infer<typeof figures>;
