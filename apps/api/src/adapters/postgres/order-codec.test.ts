import { describe, expect, test } from "vitest";
import { emptyCaseFile } from "../../domain/case-file.ts";
import { sampleBuy, sampleSell } from "../../domain/samples.ts";
import type { Order } from "../../domain/order.ts";
import { readOrder, writeCaseFile, writeOrder } from "./order-codec.ts";
import type { OrderRow } from "./order-codec.ts";

const names = { orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" };
const price = sampleBuy(names).terms.amountKesCents;

/** The row of an order, as a release before case files stored it: with what such a release had in the body. */
function rowOf(order: Order, body: object = {}): OrderRow {
  const written = writeOrder(order) as { readonly body: object };
  return {
    id: order.id,
    wallet_id: order.walletId,
    quote_id: order.quoteId,
    kind: order.kind,
    state: order.state,
    version: order.version,
    reason: order.reason,
    mpesa_receipt: order.mpesaReceipt,
    body: { ...written.body, ...body },
    created_at: new Date(order.createdAt),
    updated_at: new Date(order.updatedAt),
    deadline_at: order.deadlineAt === null ? null : new Date(order.deadlineAt),
    wake_at: order.wakeAt === null ? null : new Date(order.wakeAt),
    evidence_count: 0,
    evidence_seen: 0,
    case_file: null,
  };
}

describe("an order without a case file", () => {
  test("has an empty one, if no money was involved", () => {
    expect(readOrder(rowOf(sampleBuy(names)))).toEqual(sampleBuy(names));
    expect(readOrder(rowOf(sampleSell(names)))).toEqual(sampleSell(names));
  });

  test("that had shillings in suspense has them in its file", () => {
    const row = rowOf({ ...sampleBuy(names), state: "case" }, { credit: "suspense" });
    expect(readOrder(row)).toMatchObject({
      credit: "none",
      caseFile: { suspenseKesCents: price, payments: [{ amountKesCents: price }] },
    });
  });

  test("that was being refunded goes on with the payout that was sent", () => {
    const order = sampleBuy(names);
    const payout = { ...order.payout, status: "unknown", sends: 2, perhapsSent: true } as const;
    const read = readOrder(rowOf({ ...order, state: "refunding", credit: "undelivered", payout }));
    expect(read.caseFile.refund).toMatchObject({
      status: "open",
      from: "buys_undelivered",
      reversal: null,
      payout,
      reserved: true,
    });
  });
});

test("a case file is stored beside the body and read back exactly", () => {
  const order = sampleBuy(names);
  const caseFile = { ...emptyCaseFile, suspenseKesCents: price, journals: 3, wakeAt: 17 };
  const row = { ...rowOf(order), case_file: writeCaseFile({ ...order, caseFile }) };
  expect(JSON.stringify(row.body)).not.toContain("suspenseKesCents");
  expect(readOrder(row)).toEqual({ ...order, caseFile });
});
