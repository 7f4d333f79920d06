import type { z } from "zod";
import { isProblemCode } from "@satsconnect/contracts";
import type { Problem, ProblemCode } from "@satsconnect/contracts";

type InvalidInput = {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: Problem["errors"];
};
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: InvalidInput };

/**
 * Validates one part of a request. If there is a single issue and it has a problem code of its own, such as
 * `msisdn_invalid`, the answer has that code; otherwise the code is `invalid_request` and `errors` lists up to 20
 * issues.
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  part: "body" | "query" | "params",
): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(input, { reportInput: false });
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues.slice(0, 20).flatMap((issue) => fieldErrors(issue, part));
  const [first, ...others] = errors;
  if (first !== undefined && others.length === 0 && isProblemCode(first.code)) {
    return { ok: false, error: { code: first.code, detail: first.detail, errors } };
  }
  const summary =
    first === undefined ? "The request is not valid." : `${first.pointer}: ${first.detail}`;
  return { ok: false, error: { code: "invalid_request", detail: summary, errors } };
}

function fieldErrors(issue: z.core.$ZodIssue, part: string): NonNullable<Problem["errors"]> {
  const pointer = `/${[part, ...issue.path].map(escapePointer).join("/")}`;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, 10).map((key) => ({
      pointer: `${pointer}/${escapePointer(key.slice(0, 80))}`,
      code: "field_unknown",
      detail: "Unknown field.",
    }));
  }
  const ownCode: unknown = issue.code === "custom" ? issue.params?.["code"] : undefined;
  return [
    {
      pointer,
      code: typeof ownCode === "string" ? ownCode : `field_${issue.code}`,
      detail: issue.message,
    },
  ];
}

/** Escapes one reference token of a JSON Pointer (RFC 6901). */
function escapePointer(step: PropertyKey): string {
  return String(step).slice(0, 80).replaceAll("~", "~0").replaceAll("/", "~1");
}
