import { createHash } from "node:crypto";
import type { Result } from "@satsconnect/money";

export type IdempotentCall = {
  readonly walletId: string;
  /** The route's id with its path parameters, so that one key may be used on two orders' routes without a clash. */
  readonly route: string;
  readonly key: string;
  readonly body: unknown;
};

type StoredAnswer = { readonly status: number; readonly body: unknown };

export type Admission =
  | { readonly kind: "run"; readonly resourceId: string }
  | { readonly kind: "replay"; readonly answer: StoredAnswer };

export type IdempotencyError = "idempotency_key_reused" | "idempotency_in_progress";

export type IdempotencyKeys = {
  /**
   * Admits one attempt at a time. The first attempt gets `run`; later ones get the stored answer, waiting for it for a
   * few seconds. If an attempt stopped without storing an answer, the next one runs with the same `resourceId`.
   * Errors: `idempotency_key_reused` if the body differs, `idempotency_in_progress` if the answer takes longer.
   */
  readonly begin: (call: IdempotentCall) => Promise<Result<Admission, IdempotencyError>>;
  /** Stores the answer. Has no effect if one is already stored. */
  readonly finish: (call: IdempotentCall, answer: StoredAnswer) => Promise<void>;
  /** Lets the next attempt run at once, because this one had no effect or its outcome is unknown. */
  readonly release: (call: IdempotentCall) => Promise<void>;
  /** Deletes keys older than a week. */
  readonly deleteExpired: () => Promise<void>;
};

/** SHA-256 of the body's canonical JSON: the order of an object's keys does not matter. */
export function requestHashOf(body: unknown): Buffer {
  return createHash("sha256").update(canonicalJson(body)).digest();
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
