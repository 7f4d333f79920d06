import { z } from "zod";
import { components, timestamp } from "../rest/primitives.ts";

export const ledgerEntry = z
  .strictObject({
    account: z.string(),
    currency: z.enum(["KES", "MSAT"]),
    amount: z
      .string()
      .regex(/^-?\d+$/)
      .describe("Cents or millisatoshis; above zero a debit, below zero a credit."),
  })
  .register(components, { id: "LedgerEntry" });
export type LedgerEntry = z.infer<typeof ledgerEntry>;

/** Entries that are booked together; they sum to zero in each currency. */
export const posting = z
  .strictObject({ kind: z.string(), entries: z.array(ledgerEntry) })
  .register(components, { id: "Posting" });
export type Posting = z.infer<typeof posting>;

export const journal = z
  .strictObject({ kind: z.string(), at: timestamp, entries: z.array(ledgerEntry) })
  .register(components, { id: "Journal" });
