/**
 * What a caller may do after a failure.
 * `never`: the same request will fail again. `safe`: nothing happened, try again.
 * `unknown`: it may have happened; find out before doing anything that moves money.
 */
export type Retry = "never" | "safe" | "unknown";

/** An expected failure: a stable code for programs, a plain sentence for people. */
export type Failure<Code extends string = string> = {
  readonly code: Code;
  readonly message: string;
  readonly retry: Retry;
};

export type Result<Value, Code extends string = string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure<Code> };

/** What went as it should. */
export function ok<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

/** An expected failure, as a value. */
export function err<Code extends string>(
  code: Code,
  message: string,
  retry: Retry,
): { readonly ok: false; readonly error: Failure<Code> } {
  return { ok: false, error: { code, message, retry } };
}

/** The value of what cannot fail here, in tools and tests. @throws Error with the failure's sentence and code. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new Error(`${result.error.message} (${result.error.code})`);
}
