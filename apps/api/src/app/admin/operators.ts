import { randomBytes } from "node:crypto";
import { err, fiat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { ActExecutor, Proposal } from "./acts.ts";
import type { OperatorStore } from "./ports.ts";
import { hashOf } from "./sessions.ts";

const enrolmentLifetimeMs = 60 * 60_000;

/** From so many operators with passkeys on, a new one needs two people, also with a certificate. */
const enoughOperators = 2;

/**
 * Changes of who may act, as acts. With a passkey they always need a second person. A certificate adds operators alone
 * only while there are not two who could approve each other: otherwise whoever steals one certificate could enrol a
 * second person of their own, and four eyes would be two. It always disables alone, so that somebody can be stopped at
 * once.
 */
export async function operatorProposal(
  type: "add_operator" | "disable_operator",
  request: { readonly id: string; readonly name: string; readonly reason: string },
  store: OperatorStore,
): Promise<Proposal> {
  const { id, name, reason } = request;
  const approvers = (await store.list()).filter(
    ({ operator, passkeys }) => operator.disabledAt === null && passkeys.length > 0,
  );
  const isSettled = approvers.length >= enoughOperators;
  return {
    id,
    subject: { kind: "operator", name },
    act: { type },
    amountKesCents: fiat("KES", 0n),
    postings: [],
    reason,
    secondPerson: type === "add_operator" && isSettled ? "always" : "passkey",
    refusal: null,
  };
}

/** Carries out `operatorProposal`. @param consoleUrl the address that an enrolment link opens. */
export function createOperatorExecutor(
  store: OperatorStore,
  consoleUrl: string,
  now: () => number,
): ActExecutor {
  return async ({ act, subject }) => {
    if (subject.kind !== "operator") throw new Error("This act is not about an operator");
    if (act.type === "disable_operator") {
      const operator = await store.findByName(subject.name);
      if (operator === null) return notFound(subject.name);
      await store.disable(operator.id, now());
      return ok({ message: `${subject.name} is disabled.` });
    }
    const operator = await store.ensure(subject.name, now());
    const token = `sce_${randomBytes(32).toString("base64url")}`;
    const expiresAt = now() + enrolmentLifetimeMs;
    await store.openEnrolment({
      operatorId: operator.id,
      tokenHash: hashOf(token),
      now: now(),
      expiresAt,
    });
    return ok({
      message: `${subject.name} can register a passkey until ${new Date(expiresAt).toISOString()}.`,
      // In the fragment, which no server and no log sees.
      enrolment: {
        url: `${consoleUrl}/#/enrol/${token}`,
        expiresAt: new Date(expiresAt).toISOString(),
      },
    });
  };
}

export function notFound(name: string): Result<never, "operator_not_found"> {
  return err("operator_not_found", `There is no operator ${name}.`, "never");
}
