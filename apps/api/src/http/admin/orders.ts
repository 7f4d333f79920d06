import { adminRoutes } from "@satsconnect/contracts/admin";
import { err, fiat, ok } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { Acts } from "../../app/admin/acts.ts";
import type { OrderActing } from "../../app/admin/order-acts.ts";
import { presentCase, presentFound, presentOrderPage } from "../../app/admin/order-page.ts";
import type { AdminPrincipal, OrderFiles } from "../../app/admin/ports.ts";
import { recogniseSearch } from "../../app/admin/search.ts";
import type { Evidence } from "../../app/orders/ports.ts";
import type { Lightning } from "../../app/orders/ports.ts";
import { decodeCursor, toPage } from "../../app/paging.ts";
import type { Fact } from "../../domain/facts.ts";
import type { Order } from "../../domain/order.ts";
import type { AdminMount } from "./mount.ts";

export type AdminOrdersOptions = {
  readonly files: OrderFiles;
  readonly acts: Acts;
  readonly orderActs: OrderActing;
  readonly lightning: Pick<Lightning, "status">;
  readonly readEvidence: (evidence: Evidence) => Fact;
  /** The payment hash of an invoice; null if the text is no invoice. */
  readonly paymentHashOf: (invoice: string) => string | null;
  readonly now: () => number;
};

/** Finding orders, and everything that is known of one; cases. */
export function mountAdminOrders(mount: AdminMount, options: AdminOrdersOptions): void {
  const { files, acts, orderActs, lightning, now } = options;

  const secondPersonFor = (principal: AdminPrincipal) => (amount: Fiat<"KES">) =>
    acts.needsSecondPerson(amount, principal);

  mount.answer(adminRoutes.findOrders, async ({ body }) => {
    const before = body.cursor === undefined ? ok(null) : decodeCursor(body.cursor);
    if (!before.ok) return before;
    const terms =
      body.text === undefined || body.text === ""
        ? ok([])
        : recogniseSearch(body.text, body.key, options.paymentHashOf);
    if (!terms.ok) return terms;
    const found = await files.search({
      terms: terms.value,
      kind: body.kind,
      amountKesCents:
        body.amountKesCents === undefined ? undefined : fiat("KES", BigInt(body.amountKesCents)),
      from: body.from === undefined ? undefined : Date.parse(body.from),
      to: body.to === undefined ? undefined : Date.parse(body.to),
      before: before.value,
      limit: body.limit + 1,
    });
    const page = toPage(found, body.limit, ({ order }) => order);
    return ok({
      searchedAs: terms.value.map(({ key }) => key),
      orders: page.entries.map(presentFound),
      nextCursor: page.nextCursor,
    });
  });

  mount.answer(adminRoutes.getOrder, async ({ params, principal }) => {
    const file = await files.open(params.orderId);
    if (file === null) return notFound();
    const hash = paymentHash(file.order);
    const [node, possible, actsSoFar] = await Promise.all([
      hash === null ? null : lightning.status(hash),
      orderActs.possible(file.order, secondPersonFor(principal)),
      acts.list({ orderId: params.orderId, limit: 100 }),
    ]);
    return ok(
      presentOrderPage({
        file,
        node: node?.ok === true ? node.value : null,
        readEvidence: options.readEvidence,
        acts: possible,
        actsSoFar: actsSoFar.map(({ act }) => act),
        now: now(),
      }),
    );
  });

  mount.answer(adminRoutes.previewAct, async ({ params, body, principal }) => {
    const file = await files.open(params.orderId);
    return file === null
      ? notFound()
      : orderActs.preview(file.order, body.act, secondPersonFor(principal));
  });

  mount.answer(adminRoutes.listCases, async ({ query }) => {
    const after = query.cursor === undefined ? ok(null) : decodeCursor(query.cursor);
    if (!after.ok) return after;
    const [found, open] = await Promise.all([
      files.cases({
        openOnly: query.state === "open",
        after: after.value,
        limit: query.limit + 1,
      }),
      files.openCases(),
    ]);
    const page = toPage(found, query.limit, (entry) => ({
      createdAt: entry.case.openedAt,
      id: entry.case.id,
    }));
    return ok({
      open: open.count,
      oldestOpenedAt:
        open.oldestOpenedAt === null ? null : new Date(open.oldestOpenedAt).toISOString(),
      cases: page.entries.map((entry) => ({
        case: presentCase(entry.case, now()),
        order: presentFound(entry.found),
      })),
      nextCursor: page.nextCursor,
    });
  });
}

function paymentHash(order: Order): string | null {
  if (order.lightning !== null) return order.lightning.paymentHash;
  return order.kind === "sell" ? (order.held?.paymentHash ?? null) : null;
}

function notFound() {
  return err("order_not_found", "There is no such order.", "never");
}
