import { adminRoutes } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Alarms } from "../../app/alarms/alarms.ts";
import type { AdminMount } from "./mount.ts";

/** The alarms of this process. */
export function mountAdminAlarms(mount: AdminMount, alarms: Alarms): void {
  mount.answer(adminRoutes.listAlarms, async () => {
    const checkedAt = alarms.checkedAt();
    return ok({
      alarms: alarms.current().map(({ since, ...alarm }) => ({
        ...alarm,
        since: new Date(since).toISOString(),
      })),
      checkedAt: checkedAt === null ? null : new Date(checkedAt).toISOString(),
    });
  });
}
