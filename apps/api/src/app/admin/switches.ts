import { randomUUID } from "node:crypto";
import { fiat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { SwitchError, Switches } from "../switches.ts";
import type { ActExecutor, Proposal } from "./acts.ts";

type Request = {
  readonly id?: string | undefined;
  readonly name: string;
  readonly subject: string;
  readonly value: string | null;
  readonly reason: string;
};

/**
 * A change of a switch, as an act. One person may stop business and start it again at once; terms that give more than the
 * configured ones need a second person, because an operator could trade on them. Errors: all of `SwitchError`.
 */
export async function switchProposal(
  switches: Switches,
  { id, name, subject, value, reason }: Request,
): Promise<Result<Proposal, SwitchError>> {
  const checked = await switches.check({ name, subject, value });
  if (!checked.ok) return checked;
  return ok({
    id: id ?? randomUUID(),
    subject: { kind: "switch", name },
    act: {
      type: value === null ? "clear_switch" : "set_switch",
      ...(subject === "" ? {} : { about: subject }),
      ...(value === null ? {} : { value }),
    },
    amountKesCents: fiat("KES", 0n),
    postings: [],
    reason,
    secondPerson: checked.value.givesMore ? "passkey" : "never",
    refusal: null,
  });
}

/** Carries out `switchProposal`. */
export function createSwitchExecutor(switches: Switches): ActExecutor {
  return async ({ id, subject, act, reason, proposedBy }) => {
    if (subject.kind !== "switch") throw new Error("This act is not about a switch");
    const { name } = subject;
    const value = act["value"] ?? null;
    const change = { name, subject: act["about"] ?? "", value, reason, by: proposedBy.name };
    const changed = await switches.change({ ...change, actId: id });
    if (!changed.ok) return changed;
    return ok({ message: value === null ? `${name} is as configured.` : `${name} is ${value}.` });
  };
}
