import type { Case } from "../../app/orders/ports.ts";

/** A row of the table `cases`. */
export type CaseRow = {
  id: string;
  order_id: string;
  code: string;
  detail: string;
  opened_at: Date;
  resolved_at: Date | null;
};

export function readCase(row: CaseRow): Case {
  return {
    id: row.id,
    orderId: row.order_id,
    code: row.code,
    detail: row.detail,
    openedAt: row.opened_at.getTime(),
    resolvedAt: row.resolved_at?.getTime() ?? null,
  };
}
