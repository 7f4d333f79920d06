import { err, fiat, formatFiat } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { LimitCode } from "../../domain/trade-limits.ts";

/** Why a store does not open an order. `max`: the limit in cents, `maxCount`: the number of orders, if it is one. */
export type Refusal = {
  readonly code: OpenRefusal;
  readonly max?: bigint | null;
  readonly maxCount?: number | null;
};

export type OpenRefusal = "quote_not_found" | "quote_used" | "payment_hash_used" | LimitCode;

/** The error for the caller when an order is not opened, or a quote for it not made. */
export function openRefused<Code extends OpenRefusal>(
  refusal: Refusal & { readonly code: Code },
): Result<never, Code> {
  const { code } = refusal;
  return err(code, messageOf(refusal), retryLater.has(code) ? "safe" : "never");
}

const retryLater: ReadonlySet<OpenRefusal> = new Set<OpenRefusal>([
  "too_many_orders",
  "too_many_open_orders",
  "too_many_new_numbers",
  "number_prompted_too_often",
]);

function messageOf({ code, max = null, maxCount = null }: Refusal): string {
  const amount = formatFiat("KES", fiat("KES", max ?? 0n));
  switch (code) {
    case "quote_not_found":
      return "This wallet has no such quote.";
    case "quote_used":
      return "This quote was used for another order. Ask for a new one.";
    case "payment_hash_used":
      return "This invoice belongs to another order. Make a new one.";
    case "daily_limit_exceeded":
      return `This order would exceed your daily limit of ${amount}. Choose a smaller amount, or wait until midnight in Nairobi.`;
    case "monthly_limit_exceeded":
      return `This order would exceed your monthly limit of ${amount}. Choose a smaller amount, or wait until next month.`;
    case "new_device_limit_exceeded":
      return `In its first day a device may trade at most ${amount}. Choose a smaller amount, or try again tomorrow.`;
    case "new_number_limit_exceeded":
      return `In the first day with a phone number you may trade at most ${amount}. Choose a smaller amount, or try again tomorrow.`;
    case "phone_limit_exceeded":
      return `This order would exceed the phone number's limit of ${amount}. Choose a smaller amount or another number.`;
    case "too_many_orders":
      return `A wallet may open at most ${maxCount} orders in an hour. Try again later.`;
    case "too_many_open_orders":
      return `At most ${maxCount} orders may be open at a time. Wait until one of them has ended.`;
    case "number_unproven":
      return "This wallet has prompted this number before, and nobody has paid. Enter the code that the prompt on the phone showed, or use another number.";
    case "too_many_new_numbers":
      return "This wallet has prompted too many new numbers today. Use a number that has paid before, or try again tomorrow.";
    case "number_prompted_too_often":
      return "This number has been prompted too often today. Try again tomorrow.";
  }
}
