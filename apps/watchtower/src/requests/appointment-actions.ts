import { appointmentActions, appointmentsAddSchema } from "@satsconnect/contracts/watchtower";
import { ok } from "@satsconnect/money";
import type { Appointments } from "../store/appointments.ts";
import type { Watcher } from "../watch/watcher.ts";
import { action } from "./actions.ts";
import type { Actions } from "./actions.ts";

/** The actions that keep appointments. The signed answer is the wallet's receipt. */
export function appointmentActionsOf(
  appointments: Appointments,
  watcher: Pick<Watcher, "height" | "onNewAppointments">,
): Actions {
  return {
    [appointmentActions.add]: action(appointmentsAddSchema, (request, { key }) => {
      const { height } = watcher;
      const added = appointments.add(key, request, height);
      if (!added.ok) return added;
      watcher.onNewAppointments(added.value);
      return ok({ watching: appointments.count(key), height });
    }),
  };
}
