import { isFinal } from "@satsconnect/lightning";
import type { LightningNode, NodeEvent, Payment } from "@satsconnect/lightning";

/** The node's payments, read once and kept up to date by its events. Newest first. */
export class PaymentList {
  readonly #payments = new Map<number, Payment>();

  static async of(node: LightningNode): Promise<PaymentList> {
    const list = new PaymentList();
    for (const payment of await node.payments()) list.#payments.set(payment.number, payment);
    return list;
  }

  /** True when it changed something. */
  hear(event: NodeEvent): boolean {
    if (event.type !== "payment") return false;
    const known = this.#payments.get(event.payment.number);
    if (known !== undefined && isOlder(event.payment, known)) return false;
    this.#payments.set(event.payment.number, event.payment);
    return true;
  }

  all(): readonly Payment[] {
    return [...this.#payments.values()].toSorted((one, other) => other.number - one.number);
  }

  latest(paymentHash: string, direction: Payment["direction"]): Payment | undefined {
    return this.all().find(
      (payment) => payment.paymentHash === paymentHash && payment.direction === direction,
    );
  }
}

/**
 * Events may tell of a past that is over: an end is never undone by what came before it. Times say nothing of it, because a
 * clock may have been set back between two of them.
 */
function isOlder(told: Payment, known: Payment): boolean {
  return known.state === "claimed" ? told.state !== "claimed" : isFinal(known) && !isFinal(told);
}
