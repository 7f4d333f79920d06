import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { z } from "zod";

/** The signed request that an action answers: whose it is, and when it came. */
type ActionContext = { readonly key: string; readonly now: number };

/**
 * Parses the body of a request and answers it. It runs in the transaction that uses up the request's sequence, so it must
 * not wait for anything. An error is the refusal that the client gets; whatever the action has written stays written.
 */
type Action = (body: unknown, context: ActionContext) => Result<unknown>;
/** Actions by name, as the field `action` of a signed request has it. */
export type Actions = Readonly<Record<string, Action>>;

/** An action whose body has to match a schema. Errors: `tower_request_invalid`, and those of `run`. */
export function action<Body>(
  schema: z.ZodType<Body>,
  run: (body: Body, context: ActionContext) => Result<unknown>,
): Action {
  return (body, context) => {
    const parsed = schema.safeParse(body);
    return parsed.success
      ? run(parsed.data, context)
      : err("tower_request_invalid", "The parameters are not those of the action.", "never");
  };
}
