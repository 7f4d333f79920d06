import type { Msat } from "@satsconnect/money";
import { SpendingWindow } from "./spending-window.ts";
import { paymentPolicy } from "../model/policy.ts";
import type { UnitOfWork } from "./unit-of-work.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import { decodePayment, decodeRow, encodeJson, encodePayment } from "../model/codec.ts";
import { isFinal } from "../model/payment.ts";
import type { InboundPayment, OutboundPayment, Payment } from "../model/payment.ts";

/** Table names are stored: they must not change. */
const tables = {
  /** Key = padded payment number: the record. */
  payment: "payment",
  /** Key = padded payment number of a payment that is not final; empty value. */
  open: "payment-open",
  /** Key = payment hash, `/`, direction, `/`, padded number; empty value. */
  hash: "payment-hash",
  /** Key = idempotency key: payment number and terms. */
  key: "payment-key",
  /** Key = payment hash: the preimage that proves an outbound payment. */
  proof: "payment-proof",
} as const;

/** The payment that an idempotency key was used for, and its terms, which a repeated call must match. */
export type KeyUse = { readonly number: number; readonly terms: string };

type New<Kind extends Payment> = Omit<Kind, "number" | "createdAt" | "updatedAt" | "finishedAt">;

/**
 * The node's payment records. Records that are not final are kept in memory; all are in the store. Changes are added to
 * a unit of work and become durable with the core's commit of that exchange.
 */
export class PaymentStore {
  readonly #store: CommitStore;
  readonly #clock: Clock;
  readonly #records = new Map<number, Payment>();
  /** `direction/hash` → number of the newest record in memory. */
  readonly #byHash = new Map<string, number>();
  readonly #byPaymentId = new Map<string, number>();
  readonly #keys = new Map<string, KeyUse>();
  readonly #observers = new Set<(payment: Payment) => void>();
  readonly #spending = new SpendingWindow((sinceMs) => this.#outboundSince(sinceMs));
  #nextNumber = 1;

  constructor(store: CommitStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    const [last] = await this.#store.list(tables.payment, { descending: true, limit: 1 });
    this.#nextNumber = last === undefined ? 1 : Number(last.key) + 1;
    for (const { key } of await this.#store.list(tables.open)) {
      const record = await this.#store.read(tables.payment, key);
      if (record !== undefined) this.#remember(decodePayment(record));
    }
  }

  /** All payments that are not final. */
  open(): readonly Payment[] {
    return [...this.#records.values()].filter((payment) => !isFinal(payment));
  }

  /**
   * Cost of the outbound payments created since then that succeeded or are not final, with fees at their maximum until
   * they are known. Includes payments that are not durable yet.
   */
  spentSince(sinceMs: number): Promise<Msat> {
    return this.#spending.since(sinceMs, () =>
      [...this.#records.values()].filter((payment) => payment.direction === "outbound"),
    );
  }

  /** Calls back with a record once a change of it is released. Returns a function that unsubscribes. */
  observe(observer: (payment: Payment) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  create<Kind extends Payment>(
    unit: UnitOfWork,
    fields: New<Kind>,
    use?: Omit<KeyUse, "number">,
  ): Kind {
    const now = this.#clock.now();
    const number = this.#nextNumber++;
    // TypeScript cannot see that `New<Kind>` plus the common fields is `Kind`
    const payment = {
      ...fields,
      number,
      createdAt: now,
      updatedAt: now,
      finishedAt: null,
    } as unknown as Kind;
    unit.put(tables.hash, hashKey(payment), new Uint8Array());
    if (use !== undefined && payment.idempotencyKey !== null) {
      const key = { ...use, number };
      this.#keys.set(payment.idempotencyKey, key);
      unit.put(tables.key, payment.idempotencyKey, encodeJson(key));
      unit.afterRelease(() => this.#keys.delete(payment.idempotencyKey ?? ""));
    }
    return this.#write(unit, payment);
  }

  /** Changes a record. @throws Error when the record is final: a bug. `expired` → `claimed` is allowed. */
  update<Kind extends Payment>(unit: UnitOfWork, payment: Kind, change: Partial<Kind>): Kind {
    const now = this.#clock.now();
    const changed: Kind = { ...payment, ...change, updatedAt: now };
    if (isFinal(payment) && !(payment.state === "expired" && changed.state === "claimed")) {
      throw new Error(
        `payment ${payment.number} is ${payment.state} and cannot become ${changed.state}`,
      );
    }
    if (changed.paymentHash !== payment.paymentHash) {
      unit.put(tables.hash, hashKey(changed), new Uint8Array());
    }
    return this.#write(unit, isFinal(changed) ? { ...changed, finishedAt: now } : changed);
  }

  /** Stores a preimage in a row of its own, so that no event and no list contains it. */
  keepProof(unit: UnitOfWork, paymentHash: string, preimage: string): void {
    unit.put(tables.proof, paymentHash, encodeJson({ preimage }));
  }

  async proof(paymentHash: string): Promise<string | undefined> {
    const row = await this.#store.read(tables.proof, paymentHash);
    return row === undefined ? undefined : (decodeRow(row) as { preimage: string }).preimage;
  }

  /** The record in memory: not final, or final and not released yet, or loaded by `recall`. */
  inbound(paymentHash: string): InboundPayment | undefined {
    const found = this.#records.get(this.#byHash.get(`inbound/${paymentHash}`) ?? 0);
    return found?.direction === "inbound" ? found : undefined;
  }

  outbound(paymentHash: string, paymentId?: string | null): OutboundPayment | undefined {
    const number =
      this.#byPaymentId.get(paymentId ?? "") ?? this.#byHash.get(`outbound/${paymentHash}`);
    const found = this.#records.get(number ?? 0);
    return found?.direction === "outbound" ? found : undefined;
  }

  /** True when a record with this hash is in memory. */
  remembers(direction: Payment["direction"], paymentHash: string): boolean {
    return this.#byHash.has(`${direction}/${paymentHash}`);
  }

  /** Loads the newest record with this hash into memory, for the exchange being handled. */
  async recall(direction: Payment["direction"], paymentHash: string): Promise<void> {
    const found = await this.find(paymentHash, direction);
    if (found !== undefined && !this.remembers(direction, paymentHash)) this.#remember(found);
  }

  /** Drops a final record that `recall` loaded from memory, once the unit of work is released. */
  forgetFinalAfter(unit: UnitOfWork, direction: Payment["direction"], paymentHash: string): void {
    const found = this.#records.get(this.#byHash.get(`${direction}/${paymentHash}`) ?? 0);
    if (found === undefined || !isFinal(found)) return;
    unit.afterRelease(() => {
      if (this.#records.get(found.number) === found) this.#forget(found);
    });
  }

  /** The newest durable record with this hash. */
  async find(paymentHash: string, direction?: Payment["direction"]): Promise<Payment | undefined> {
    const prefix = direction === undefined ? `${paymentHash}/` : `${paymentHash}/${direction}/`;
    const rows = await this.#store.list(tables.hash, { prefix });
    const newest = rows
      .map(({ key }) => key.slice(key.lastIndexOf("/") + 1))
      .toSorted()
      .at(-1);
    return newest === undefined ? undefined : this.byNumber(Number(newest));
  }

  async byNumber(number: number): Promise<Payment | undefined> {
    const row = await this.#store.read(tables.payment, paddedNumber(number));
    return row === undefined ? undefined : decodePayment(row);
  }

  /** The use of an idempotency key, including uses that are not durable yet. */
  async keyUse(key: string): Promise<KeyUse | undefined> {
    const inMemory = this.#keys.get(key);
    if (inMemory !== undefined) return inMemory;
    const row = await this.#store.read(tables.key, key);
    return row === undefined ? undefined : (decodeRow(row) as KeyUse);
  }

  /** The current record, including changes that are not durable yet. */
  async current(number: number): Promise<Payment | undefined> {
    return this.#records.get(number) ?? (await this.byNumber(number));
  }

  /** Durable records, newest first. */
  async list(before: number | undefined, limit: number): Promise<readonly Payment[]> {
    const rows = await this.#store.list(tables.payment, {
      descending: true,
      limit,
      ...(before === undefined ? {} : { after: paddedNumber(before) }),
    });
    return rows.map(({ value }) => decodePayment(value));
  }

  async #outboundSince(sinceMs: number): Promise<readonly OutboundPayment[]> {
    const found: OutboundPayment[] = [];
    let before: number | undefined;
    for (;;) {
      const page = await this.list(before, paymentPolicy.maxPageSize);
      for (const payment of page) {
        if (payment.createdAt < sinceMs) return found;
        if (payment.direction === "outbound") found.push(payment);
      }
      before = page.at(-1)?.number;
      if (before === undefined) return found;
    }
  }

  #write<Kind extends Payment>(unit: UnitOfWork, payment: Kind): Kind {
    this.#remember(payment);
    if (payment.direction === "outbound") this.#spending.note(payment);
    unit.put(tables.payment, paddedNumber(payment.number), encodePayment(payment));
    if (isFinal(payment)) unit.delete(tables.open, paddedNumber(payment.number));
    else unit.put(tables.open, paddedNumber(payment.number), new Uint8Array());
    unit.emit({ type: "payment", payment });
    unit.afterRelease(() => {
      if (isFinal(payment) && this.#records.get(payment.number) === payment) this.#forget(payment);
      for (const observer of this.#observers) observer(payment);
    });
    return payment;
  }

  #remember(payment: Payment): void {
    this.#records.set(payment.number, payment);
    const name = `${payment.direction}/${payment.paymentHash}`;
    if ((this.#byHash.get(name) ?? 0) < payment.number) this.#byHash.set(name, payment.number);
    if (payment.direction === "outbound") this.#byPaymentId.set(payment.paymentId, payment.number);
  }

  #forget(payment: Payment): void {
    this.#records.delete(payment.number);
    for (const hash of new Set([
      payment.paymentHash,
      payment.direction === "outbound" ? payment.paymentId : "",
    ])) {
      const name = `${payment.direction}/${hash}`;
      if (this.#byHash.get(name) === payment.number) this.#byHash.delete(name);
    }
    if (payment.direction === "outbound") this.#byPaymentId.delete(payment.paymentId);
  }
}

/** Payment numbers as keys of rows, so that their order as text is their order as numbers. */
export function paddedNumber(number: number): string {
  return number.toString().padStart(12, "0");
}

function hashKey(payment: Payment): string {
  return `${payment.paymentHash}/${payment.direction}/${paddedNumber(payment.number)}`;
}
