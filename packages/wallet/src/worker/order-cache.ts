import type { ApiClient, Order } from "@satsconnect/contracts";
import type { Notes } from "../storage/key-value-store.ts";

const prefix = "order/";

/** Every order of this wallet as it was last heard of, kept for when the network is away. */
export class OrderBook {
  readonly #notes: Notes;
  readonly #orders = new Map<string, Order>();
  readonly #onChange: () => void;
  #complete = false;

  /** @param notes of this device alone: the operator has its orders anyway */
  constructor(notes: Notes, onChange: () => void) {
    this.#notes = notes;
    this.#onChange = onChange;
  }

  /** True once all of them were heard in this run. */
  get isComplete(): boolean {
    return this.#complete;
  }

  async load(): Promise<void> {
    for (const { value } of await this.#notes.list(prefix)) {
      const order = JSON.parse(value) as Order;
      if (!this.#orders.has(order.id)) this.#orders.set(order.id, order);
    }
  }

  all(): readonly Order[] {
    return [...this.#orders.values()];
  }

  get(orderId: string): Order | undefined {
    return this.#orders.get(orderId);
  }

  put(order: Order): void {
    const known = this.#orders.get(order.id);
    // answers may overtake each other
    if (known !== undefined && Date.parse(known.updatedAt) > Date.parse(order.updatedAt)) return;
    const text = JSON.stringify(order);
    if (known !== undefined && JSON.stringify(known) === text) return;
    this.#orders.set(order.id, order);
    void this.#notes.put(prefix + order.id, text).catch(() => {});
    this.#onChange();
  }

  /** Asks for all that may be new: all of them once, then only until one is met that has ended as it is known here. */
  async synchronise(api: ApiClient): Promise<void> {
    let cursor: string | undefined;
    for (;;) {
      const page = await api.orders.list(cursor === undefined ? {} : { cursor });
      if (!page.ok) return;
      const isKnown = page.value.orders.every(
        (order) => this.#orders.get(order.id)?.final === true,
      );
      for (const order of page.value.orders) this.put(order);
      const next = page.value.nextCursor;
      if (next === null || (this.#complete && isKnown)) break;
      cursor = next;
    }
    this.#complete = true;
    this.#onChange();
  }
}
