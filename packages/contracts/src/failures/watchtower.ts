import { failure } from "./failure-code.ts";
import type { FailureCodes } from "./failure-code.ts";

/** apps/watchtower, and its client. */
export const watchtowerFailures = {
  tower_address_invalid: failure("error", "The text is not a watchtower's `key@url`.", "never"),
  tower_unreachable: failure(
    "warn",
    "The watchtower gave no answer that it has signed.",
    "unknown",
  ),
  tower_refused: failure("warn", "The watchtower answered and did nothing.", "safe"),
  tower_request_malformed: failure("info", "The body is not a signed request.", "never"),
  tower_request_invalid: failure(
    "info",
    "The watchtower does not know the action, or its parameters are wrong.",
    "never",
  ),
  tower_key_differs: failure("warn", "The request is meant for another watchtower.", "never"),
  tower_signature_invalid: failure("warn", "The signature of a request is not valid.", "never"),
  tower_sequence_used: failure(
    "info",
    "The request was sent before, or after a later one: it is refused as a replay.",
    "safe",
  ),
  tower_rate_limited: failure("warn", "Too many requests of a wallet or an address range.", "safe"),
  tower_full: failure("error", "The watchtower accepts no more wallets.", "safe"),
} as const satisfies FailureCodes;
