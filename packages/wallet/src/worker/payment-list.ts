import { isFinal } from "@satsconnect/lightning";
import type { LightningNode, NodeEvent, Payment } from "@satsconnect/lightning";

/** The node's payments in memory, read once and updated from its events. Newest first. */
export class PaymentList {
  readonly #payments = new Map<number, Payment>();

  static async load(node: LightningNode): Promise<PaymentList> {
    const list = new PaymentList();
    for (const payment of await node.payments()) list.#payments.set(payment.number, payment);
    return list;
  }

  /** Applies a node event. True if the list changed. */
  apply(event: NodeEvent): boolean {
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
 * Whether an event is older than the known state: events are repeated after a restart and must not undo a final state.
 * Timestamps do not help, because the clock may have been set back between two events.
 */
function isOlder(reported: Payment, known: Payment): boolean {
  return known.state === "claimed"
    ? reported.state !== "claimed"
    : isFinal(known) && !isFinal(reported);
}
