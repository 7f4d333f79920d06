import { adminRoutes } from "@satsconnect/contracts/admin";
import type { AdminSession } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { AdminPrincipal } from "../../app/admin/ports.ts";
import type { OperatorSessions } from "../../app/admin/sessions.ts";
import type { AdminMount } from "./mount.ts";

export type AdminSessionOptions = {
  readonly sessions: OperatorSessions;
  readonly network: AdminSession["network"];
  readonly fourEyesKesCents: Fiat<"KES">;
  readonly now: () => number;
};

/** Signing in with a passkey, and registering one with an enrolment link. */
export function mountAdminSession(mount: AdminMount, options: AdminSessionOptions): void {
  const { sessions } = options;

  const present = ({ operator, via, expiresAt }: AdminPrincipal): AdminSession => ({
    operator: { id: operator.id, name: operator.name },
    via,
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    network: options.network,
    fourEyesKesCents: String(options.fourEyesKesCents),
    time: new Date(options.now()).toISOString(),
  });

  mount.answer(adminRoutes.loginOptions, async () =>
    ok({ options: await sessions.loginOptions() }),
  );

  mount.answer(adminRoutes.login, async ({ body, openSession, log }) => {
    const session = await sessions.login(body.assertion);
    if (!session.ok) {
      log.warn({ code: session.error.code }, "an operator's sign-in was refused");
      return session;
    }
    openSession(session.value);
    return ok(present(session.value.principal));
  });

  mount.answer(adminRoutes.whoAmI, async ({ principal }) => ok(present(principal)));

  mount.answer(adminRoutes.logout, async ({ endSession }) => {
    await endSession();
    return ok(undefined);
  });

  mount.answer(adminRoutes.enrolmentOptions, async ({ body }) => {
    const link = await sessions.enrolmentOptions(body.token);
    if (!link.ok) return link;
    const { operator, expiresAt, options: creation } = link.value;
    return ok({
      operator: { id: operator.id, name: operator.name },
      expiresAt: new Date(expiresAt).toISOString(),
      options: creation,
    });
  });

  mount.answer(adminRoutes.enrol, async ({ body, openSession, log }) => {
    const session = await sessions.enrol(body);
    if (!session.ok) {
      log.warn({ code: session.error.code }, "an operator's enrolment was refused");
      return session;
    }
    openSession(session.value);
    return ok(present(session.value.principal));
  });
}
