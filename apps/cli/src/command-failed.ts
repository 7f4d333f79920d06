import type { Failure } from "@satsconnect/money";

/** Ends a command with a sentence for the person. `exitCode` 2: what was typed is wrong; 1: it did not work. */
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

/** For what was typed wrongly. */
export function badInput(code: string, message: string): CommandFailed {
  return new CommandFailed(code, message, 2);
}

/** Failures of a use case whose cause is what was typed, not how things are. */
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
  "invoice_malformed",
  "invoice_wrong_network",
  "invoice_expired",
  "invoice_own",
  "already_paid",
]);

/** A failed use case as the end of the command. */
export function failed(error: Failure): CommandFailed {
  const unknown =
    error.retry === "unknown"
      ? " It may have happened all the same: look at `history` before you try again."
      : "";
  return new CommandFailed(error.code, error.message + unknown, inputCodes.has(error.code) ? 2 : 1);
}
