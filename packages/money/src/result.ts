/**
 * Whether a caller may repeat a request that failed.
 * `never`: the same request will fail again. `safe`: the request had no effect and may be repeated.
 * `unknown`: the request may have taken effect; query its outcome before anything that moves money.
 */
export type Retry = "never" | "safe" | "unknown";

/** An expected failure: a stable code for programs and a sentence for people. */
export type Failure<Code extends string = string> = {
  readonly code: Code;
  readonly message: string;
  readonly retry: Retry;
};

export type Result<Value, Code extends string = string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure<Code> };

export function ok<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function err<Code extends string>(
  code: Code,
  message: string,
  retry: Retry,
): { readonly ok: false; readonly error: Failure<Code> } {
  return { ok: false, error: { code, message, retry } };
}

/** Unwraps a result that is known to be ok, in tools and tests. @throws Error with the failure's message and code. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new Error(`${result.error.message} (${result.error.code})`);
}
