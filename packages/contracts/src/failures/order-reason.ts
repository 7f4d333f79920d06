import { mpesaCodeOf } from "../mpesa/result-codes.ts";
import { mpesaSentences } from "../mpesa/sentences.ts";
import type { OrderKind } from "../rest/quotes.ts";
import { findFailureCode } from "./registry.ts";

/** An order's `reason` in one English sentence. */
export function orderReasonSentence(kind: OrderKind, reason: string): string {
  const mpesa = mpesaCodeOf(kind, reason);
  if (mpesa?.entry !== undefined) return mpesaSentences[mpesa.entry.reason];
  if (mpesa !== null) return `M-Pesa refused with code ${mpesa.code}.`;
  return findFailureCode(reason)?.meaning ?? `Unknown reason: ${reason}.`;
}
