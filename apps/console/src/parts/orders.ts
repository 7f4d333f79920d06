import type { FoundOrder } from "@satsconnect/contracts/admin";
import { words } from "../i18n/words.ts";
import { kesShort } from "../format/money.ts";
import { kes } from "./money.ts";
import { row } from "./rows.ts";
import { atInMargin } from "./times.ts";

/** A phone number as Kenyans write it: `0712 345 678`. */
export function phone(msisdn: string): string {
  const local = /^254(\d{3})(\d{3})(\d{3})$/u.exec(msisdn);
  return local === null ? msisdn : `0${local.slice(1).join(" ")}`;
}

/** `Buy for KES 2,000`. */
export function orderTitle(order: FoundOrder): string {
  return words().orders.titles[order.kind](kes(order.amountKesCents));
}

/** Whom an order is with: the name and number. */
export function party(order: FoundOrder): string {
  return [order.recipientName, phone(order.msisdn)].filter((one) => one !== null).join(", ");
}

export function orderAddress(orderId: string): string {
  return `#/order/${orderId}`;
}

/** An order as a row of a list. */
export function orderRow(order: FoundOrder): HTMLElement {
  const text = words();
  return row({
    when: atInMargin(order.createdAt),
    title: `${text.orders.kinds[order.kind]}: ${text.orders.states[order.state]}`,
    second: [
      party(order),
      order.mpesaReceipt,
      order.openCases > 0 ? text.find.openCases(order.openCases) : null,
    ]
      .filter((one) => one !== null)
      .join(" · "),
    figure: kesShort(BigInt(order.amountKesCents)),
    href: orderAddress(order.id),
    testId: `order.${order.id}`,
  });
}
