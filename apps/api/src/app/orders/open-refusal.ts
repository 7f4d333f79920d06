import { err, formatFiat } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import type { OpenRefusal } from "./ports.ts";

/** The error for the caller when a store does not open an order. `dailyMax` is the wallet's limit per day. */
export function openRefused(
  refusal: OpenRefusal,
  dailyMax: Fiat<"KES">,
): Result<never, OpenRefusal> {
  switch (refusal) {
    case "quote_not_found":
      return err(refusal, "This wallet has no such quote.", "never");
    case "quote_used":
      return err(refusal, "This quote was used for another order. Ask for a new one.", "never");
    case "daily_limit_exceeded":
      return err(
        refusal,
        `This order would exceed your daily limit of ${formatFiat("KES", dailyMax)}. Choose a smaller amount, or wait until midnight in Nairobi.`,
        "never",
      );
    case "float_exhausted":
      return err(
        refusal,
        "The operator cannot pay out this amount right now. Sell less, or try again later.",
        "safe",
      );
    case "payment_hash_used":
      return err(refusal, "This invoice belongs to another order. Make a new one.", "never");
  }
}
