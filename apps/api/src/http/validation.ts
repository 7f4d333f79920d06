import type { z } from "zod";
import { isProblemCode } from "@satsconnect/contracts";
import type { Problem, ProblemCode } from "@satsconnect/contracts";

type Complaint = {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: Problem["errors"];
};
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Complaint };

/**
 * Checks one part of a request. When the only thing wrong has a problem code of its own (a phone number that is none),
 * the whole answer takes that code; otherwise it is `invalid_request` with every complaint listed.
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  part: "body" | "query" | "params",
): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(input, { reportInput: false });
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues.slice(0, 20).flatMap((issue) => complaints(issue, part));
  const [only, ...others] = errors;
  if (only !== undefined && others.length === 0 && isProblemCode(only.code)) {
    return { ok: false, error: { code: only.code, detail: only.detail, errors } };
  }
  const summary =
    only === undefined ? "The request is not valid." : `${only.pointer}: ${only.detail}`;
  return { ok: false, error: { code: "invalid_request", detail: summary, errors } };
}

function complaints(issue: z.core.$ZodIssue, part: string): NonNullable<Problem["errors"]> {
  const pointer = `/${[part, ...issue.path].map(escapePointer).join("/")}`;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, 10).map((key) => ({
      pointer: `${pointer}/${escapePointer(key.slice(0, 80))}`,
      code: "field_unknown",
      detail: "There is no such field.",
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

/** RFC 6901. */
function escapePointer(step: PropertyKey): string {
  return String(step).slice(0, 80).replaceAll("~", "~0").replaceAll("/", "~1");
}
