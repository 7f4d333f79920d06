import { problems } from "../rest/problems.ts";
import type { ProblemCode } from "../rest/problems.ts";
import type { FailureCode, Severity } from "./failure-code.ts";

/** Severities of problems that are not just wrong input. All others are `info`. */
const severities: Partial<Record<ProblemCode, Severity>> = {
  internal_error: "error",
  service_unavailable: "error",
  rate_limited: "warn",
  assertion_replayed: "warn",
  refresh_token_reused: "warn",
  rates_unavailable: "error",
  float_exhausted: "error",
  liquidity_exhausted: "error",
  engine_unavailable: "error",
  mpesa_unavailable: "error",
  books_not_open: "error",
  trial_balance_wrong: "critical",
  wallet_stopped: "warn",
  phone_stopped: "warn",
};

/** The problems of the REST API (RFC 9457). Some codes are also used inside, with the same meaning. */
export const restFailures = Object.fromEntries(
  Object.entries(problems).map(([code, { title, retry, status }]) => [
    code,
    {
      severity: severities[code as ProblemCode] ?? "info",
      meaning: `${title}.`,
      retry,
      http: status,
    } satisfies FailureCode,
  ]),
) as Readonly<Record<ProblemCode, FailureCode>>;
