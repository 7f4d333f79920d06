import type { Act } from "@satsconnect/contracts/admin";
import { amountPattern, err, fiat, maxFiat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { OperatorAct } from "../../domain/acts/act.ts";

const kesCents = z
  .string()
  .regex(amountPattern)
  .refine((text) => BigInt(text) > 0n && BigInt(text) <= maxFiat)
  .transform((text) => fiat("KES", BigInt(text)));
const receipt = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9]{6,20}$/);
const invoice = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9]{20,4000}$/)
  .optional()
  .transform((text) => text ?? null);
const reason = z.string().trim().min(3).max(500);

const acts = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("deliver"), invoice }),
  z.strictObject({
    type: z.literal("refund"),
    amountKesCents: kesCents,
    way: z.enum(["reversal", "payout"]),
  }),
  z.strictObject({ type: z.literal("pay_out") }),
  z.strictObject({ type: z.literal("repay_owed"), invoice }),
  z.strictObject({ type: z.literal("payout_made"), receipt }),
  z.strictObject({ type: z.literal("payout_not_made") }),
  z.strictObject({
    type: z.literal("made_after_all"),
    receipt: receipt.optional().transform((text) => text ?? null),
  }),
  z.strictObject({
    type: z.literal("credit_receipt"),
    receipt,
    amountKesCents: kesCents,
    msisdn: z
      .string()
      .regex(/^254[17]\d{8}$/)
      .optional()
      .transform((text) => text ?? null),
    completedAt: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  }),
  z.strictObject({
    type: z.literal("payment_reversed"),
    receipt,
    reversalReceipt: receipt,
    amountKesCents: kesCents,
  }),
  z.strictObject({ type: z.literal("release_suspense"), amountKesCents: kesCents, reason }),
  z.strictObject({ type: z.literal("write_off"), reason }),
  z.strictObject({ type: z.literal("close"), reason }),
]);

/** Reads an act of the contract. `reason`, where the act takes one, is the proposal's unless the act has its own. */
export function readAct(act: Act, proposalReason: string): Result<OperatorAct, "invalid_request"> {
  const fields = takesReason.has(act.type) ? { reason: proposalReason, ...act } : act;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
  const parsed = acts.safeParse(given, { reportInput: false });
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const field = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  return err(
    "invalid_request",
    field === "type"
      ? `There is no act “${act.type}”.`
      : `The act ${act.type} needs ${field ?? "other fields"} in another form.`,
    "never",
  );
}

const takesReason: ReadonlySet<string> = new Set(["release_suspense", "write_off", "close"]);

/** An act in the form of the contract: every field as text, absent where it is null. */
export function writeAct(act: OperatorAct): Act {
  return Object.fromEntries(
    Object.entries(act).flatMap(([name, value]: [string, string | bigint | number | null]) => {
      if (value === null) return [];
      if (name === "completedAt") return [[name, new Date(Number(value)).toISOString()]];
      return [[name, String(value)]];
    }),
  ) as Act;
}
