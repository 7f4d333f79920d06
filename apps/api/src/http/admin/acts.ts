import { adminRoutes } from "@satsconnect/contracts/admin";
import { err, ok } from "@satsconnect/money";
import type { Acts } from "../../app/admin/acts.ts";
import type { OrderActing } from "../../app/admin/order-acts.ts";
import type { OrderFiles } from "../../app/admin/ports.ts";
import type { AdminMount } from "./mount.ts";

/** Proposing, approving and reading acts. */
export function mountAdminActs(
  mount: AdminMount,
  options: { readonly acts: Acts; readonly orderActs: OrderActing; readonly files: OrderFiles },
): void {
  const { acts, orderActs, files } = options;

  mount.answer(adminRoutes.proposeAct, async ({ body, principal }) => {
    const file = await files.open(body.orderId);
    if (file === null) return err("order_not_found", "There is no such order.", "never");
    const proposal = await orderActs.proposal(file.order, body);
    return proposal.ok ? acts.propose(proposal.value, principal) : proposal;
  });

  mount.answer(adminRoutes.listActs, async ({ query }) => {
    const before = query.cursor === undefined ? undefined : numberIn(query.cursor);
    if (before === null) return err("invalid_request", "The cursor is invalid.", "never");
    const found = await acts.list({
      status: query.status,
      orderId: query.orderId,
      before,
      limit: query.limit + 1,
    });
    const page = found.slice(0, query.limit);
    const last = page.at(-1);
    return ok({
      acts: page.map(({ act }) => act),
      nextCursor: found.length > query.limit && last !== undefined ? cursorOf(last.number) : null,
    });
  });

  mount.answer(adminRoutes.getAct, ({ params }) => acts.find(params.actId));

  mount.answer(adminRoutes.approvalOptions, ({ params, principal }) =>
    acts.approvalOptions(params.actId, principal),
  );

  mount.answer(adminRoutes.approveAct, async ({ params, body, principal, log }) => {
    const result = await acts.approve(params.actId, body.assertion, principal);
    if (!result.ok)
      log.warn({ actId: params.actId, code: result.error.code }, "an approval was refused");
    return result;
  });

  mount.answer(adminRoutes.declineAct, ({ params, body, principal }) =>
    acts.decline(params.actId, body.reason, principal),
  );

  mount.answer(adminRoutes.readLog, async ({ query }) => {
    const { entries, last } = await acts.readLog({
      after: query.after,
      limit: query.limit,
      newestFirst: query.newestFirst === "true",
    });
    return ok({ entries: [...entries], last });
  });
}

function cursorOf(number: number): string {
  return Buffer.from(String(number)).toString("base64url");
}

function numberIn(cursor: string): number | null {
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
