import { adminRoutes } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Acts } from "../../app/admin/acts.ts";
import { notFound, operatorProposal } from "../../app/admin/operators.ts";
import type { OperatorStore } from "../../app/admin/ports.ts";
import { fingerprintOf } from "../../app/admin/sessions.ts";
import type { AdminMount } from "./mount.ts";

/** The people who may act. Changes of them are acts: with a passkey they need a second person. */
export function mountAdminOperators(mount: AdminMount, acts: Acts, store: OperatorStore): void {
  mount.answer(adminRoutes.listOperators, async () =>
    ok({
      operators: (await store.list()).map(({ operator, passkeys, enrolmentExpiresAt }) => ({
        id: operator.id,
        name: operator.name,
        createdAt: time(operator.createdAt),
        disabledAt: operator.disabledAt === null ? null : time(operator.disabledAt),
        passkeys: passkeys.map((passkey) => ({
          id: passkey.credentialId,
          label: passkey.label,
          fingerprint: fingerprintOf(passkey.publicKey),
          createdAt: time(passkey.createdAt),
          lastUsedAt: passkey.lastUsedAt === null ? null : time(passkey.lastUsedAt),
          backedUp: passkey.backedUp,
        })),
        enrolmentExpiresAt: enrolmentExpiresAt === null ? null : time(enrolmentExpiresAt),
      })),
    }),
  );

  mount.answer(adminRoutes.addOperator, async ({ body, principal }) =>
    acts.propose(await operatorProposal("add_operator", body, store), principal),
  );

  mount.answer(adminRoutes.disableOperator, async ({ body, principal }) =>
    (await store.findByName(body.name)) === null
      ? notFound(body.name)
      : acts.propose(await operatorProposal("disable_operator", body, store), principal),
  );
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
