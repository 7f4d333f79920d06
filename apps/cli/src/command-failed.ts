import type { Failure } from "@satsconnect/money";

/** Ends a command with a message for the user. `exitCode` is 2 for wrong input, 1 for any other failure. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly code: string;
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** The failure for wrong input: exit code 2. */
export function badInput(code: string, message: string): CommandFailed {
  return new CommandFailed(code, message, 2);
}

/** Error codes caused by the user's input. */
const inputCodes: ReadonlySet<string> = new Set([
  "invalid_request",
  "msisdn_invalid",
  "amount_below_minimum",
  "amount_above_maximum",
  "amount_not_whole_shillings",
  "amount_needed",
  "amount_mismatch",
  "amount_malformed",
  "amount_out_of_range",
  "amount_invalid",
  "recipient_not_registered",
  "text_unknown",
  "text_ambiguous",
  "uri_malformed",
  "address_malformed",
  "address_wrong_network",
  "offer_unsupported",
  "lnurl_unsupported",
  "seed_words",
  "invoice_malformed",
  "invoice_wrong_network",
  "invoice_expired",
  "invoice_own",
  "already_paid",
]);

/** Converts a failed result into the end of the command. */
export function failed(error: Failure): CommandFailed {
  const hint =
    error.retry === "unknown"
      ? " It may have succeeded anyway: check `history` before you retry."
      : "";
  return new CommandFailed(error.code, error.message + hint, inputCodes.has(error.code) ? 2 : 1);
}
