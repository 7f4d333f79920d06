import { err } from "@satsconnect/money";

/** The problem of an invalid idempotency key; undefined for a valid key, and when there is none. */
export function idempotencyKeyError(key: string | undefined): string | undefined {
  return key === undefined || /^[\x21-\x7e]{1,200}$/.test(key)
    ? undefined
    : "idempotencyKey must be 1 to 200 visible ASCII characters.";
}

export function idempotencyConflict() {
  return err("idempotency_conflict", "This idempotency key was used with other terms.", "never");
}
