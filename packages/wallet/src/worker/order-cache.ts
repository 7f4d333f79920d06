import type { ApiClient, Order } from "@satsconnect/contracts";
import type { KeyValueStore } from "../storage/key-value-store.ts";

const prefix = "order/";

/** The last known state of every order, for use offline. */
export class OrderCache {
  readonly #store: KeyValueStore;
  readonly #orders = new Map<string, Order>();
  readonly #onChange: () => void;
  #complete = false;

  /** @param store not part of the backup, because the operator has all orders */
  constructor(store: KeyValueStore, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  /** True once all orders were fetched in this run. */
  get isComplete(): boolean {
    return this.#complete;
  }

  async load(): Promise<void> {
    for (const { value } of await this.#store.list(prefix)) {
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
    // responses may arrive out of order
    if (known !== undefined && Date.parse(known.updatedAt) > Date.parse(order.updatedAt)) return;
    const text = JSON.stringify(order);
    if (known !== undefined && JSON.stringify(known) === text) return;
    this.#orders.set(order.id, order);
    void this.#store.put(prefix + order.id, text).catch(() => {});
    this.#onChange();
  }

  /** Fetches orders that may have changed: all pages the first time, later until a page has only known, final orders. */
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
