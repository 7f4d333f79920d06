import { routes } from "@satsconnect/contracts";
import { ok } from "@satsconnect/money";
import type { Sessions } from "../../app/auth/sessions.ts";
import type { TokenKeys } from "../../app/auth/token-keys.ts";
import type { Mount } from "../mount.ts";

export function mountSessionRoutes(mount: Mount, sessions: Sessions, keys: () => TokenKeys): void {
  mount.answer(routes.login, ({ body }) => sessions.login(body.assertion));
  mount.answer(routes.refresh, ({ body }) =>
    sessions.refresh(body.refreshToken, body.assertion ?? null),
  );
  mount.answer(routes.logout, async ({ principal }) => {
    await sessions.logout(principal);
    return ok(undefined);
  });
  mount.answer(routes.listDevices, async ({ principal }) => {
    const devices = await sessions.devices(principal);
    return ok({
      devices: devices.map((device) => ({
        id: device.id,
        name: device.name,
        current: device.id === principal.deviceId,
        createdAt: new Date(device.createdAt).toISOString(),
        lastSeenAt: new Date(device.lastSeenAt).toISOString(),
      })),
    });
  });
  mount.answer(routes.revokeDevice, ({ principal, params }) =>
    sessions.revokeDevice(principal, params.deviceId),
  );
  mount.answer(routes.jsonWebKeySet, async () => ok({ keys: [...keys().published] }));
}
