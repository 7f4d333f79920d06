import { adminRoutes } from "@satsconnect/contracts/admin";
import type { SwitchChange } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Acts } from "../../app/admin/acts.ts";
import { switchProposal } from "../../app/admin/switches.ts";
import type { SwitchChange as StoredChange, Switches } from "../../app/switches.ts";
import { rails } from "../../domain/stops.ts";
import { switchKinds, switchNames } from "../../domain/switches.ts";
import type { AdminMount } from "./mount.ts";

/** Changing and reading the switches. Every change is an act, in the log of acts and in the switches' own history. */
export function mountAdminSwitches(mount: AdminMount, switches: Switches, acts: Acts): void {
  mount.answer(adminRoutes.listSwitches, async () => {
    await switches.reload();
    return ok({
      inForce: switches.inForce().map(present),
      kinds: switchNames.map((name) => {
        const { subject, value } = switchKinds[name];
        return {
          name,
          subject,
          subjects: subject === "rail" ? [...rails] : [],
          value: value === "flag" ? null : { ...value },
        };
      }),
    });
  });

  mount.answer(adminRoutes.changeSwitch, async ({ body, principal, log }) => {
    const proposal = await switchProposal(switches, body);
    if (!proposal.ok) return proposal;
    // The subject may be a phone number, which is not logged.
    log.warn({ switch: body.name, value: body.value }, "a change of a switch was proposed");
    return acts.propose(proposal.value, principal);
  });

  mount.answer(adminRoutes.listSwitchChanges, async ({ query }) => {
    const before = query.before === undefined ? null : BigInt(query.before);
    const changes = await switches.changes(before, query.limit);
    return ok({ changes: changes.map(present) });
  });
}

function present({ id, name, subject, value, reason, by, at }: StoredChange): SwitchChange {
  return { id: String(id), name, subject, value, reason, by, at: new Date(at).toISOString() };
}
