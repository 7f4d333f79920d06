import type { Retry } from "@satsconnect/money";

/**
 * How much a failure matters to the operator.
 * `info`: part of normal use, for example wrong input. `warn`: unusual or degraded, and it recovers or is retried; look
 * at it when it is frequent. `error`: a person must look at it during working hours. `critical`: money is at risk or the
 * service cannot run; an alert must wake someone.
 */
export type Severity = "info" | "warn" | "error" | "critical";

export type FailureCode = {
  readonly severity: Severity;
  /** One English sentence that is true of every occurrence. */
  readonly meaning: string;
  /** `varies`: stated with each occurrence. Absent for a code that is not the answer to a call. */
  readonly retry?: Retry | "varies";
  /** HTTP status, for the problems of the REST API. */
  readonly http?: number;
};

export type FailureCodes = Readonly<Record<string, FailureCode>>;

export function failure(
  severity: Severity,
  meaning: string,
  retry?: Retry | "varies",
): FailureCode {
  return { severity, meaning, ...(retry === undefined ? {} : { retry }) };
}
