import type { Payment } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { SendPreview } from "../payments/send.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import type { HistoryItem, PaymentView } from "../port/calls.ts";
import { sendLaterUntil, sendPolicy } from "../policy.ts";
import type { Wallet } from "../wallet.ts";
import { plainText } from "./plain-text.ts";
import { entryId } from "./views.ts";

const prefix = "queued/";

type SendingWallet = Pick<Wallet, "previewSend" | "sendAndWait" | "balances"> & {
  readonly node: Pick<Wallet["node"], "channels">;
};

type QueuedSend = {
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  /** True if the invoice has no amount and the payer chose it. */
  readonly chosen: boolean;
  readonly maxFeeMsat: string;
  readonly description: string | null;
  readonly payee: string;
  readonly createdAt: number;
  /** Not sent after this time, in ms since 1970. */
  readonly until: number;
  /** Set if it ended without being sent: the reason and the time. */
  readonly ended: { readonly failure: string; readonly at: number } | null;
};

export type SendQueueOptions = {
  readonly wallet: SendingWallet;
  /**
   * Must be local to this device and not part of the backup: if another device restored the queue, both could send the
   * payment.
   */
  readonly store: KeyValueStore;
  /** The node's latest payment for a payment hash. */
  readonly latest: (paymentHash: string) => Payment | undefined;
  readonly now: () => number;
  readonly onChange: () => void;
};

/**
 * Payments that were confirmed while offline. Each is stored first and sent once the operator's node is connected. It
 * ends unsent when its invoice expires or after a day. Until it is sent it can be cancelled. Once the node has a payment
 * for the invoice, that payment counts, and the queued one is deleted and never sent again.
 */
export class SendQueue {
  readonly #options: SendQueueOptions;
  readonly #queued = new Map<string, QueuedSend>();
  readonly #sending = new Set<string>();
  #working: Promise<void> = Promise.resolve();

  private constructor(options: SendQueueOptions) {
    this.#options = options;
  }

  static async open(options: SendQueueOptions): Promise<SendQueue> {
    const queue = new SendQueue(options);
    for (const { value } of await options.store.list(prefix)) {
      const queued = JSON.parse(value) as QueuedSend;
      queue.#queued.set(queued.paymentHash, queued);
    }
    return queue;
  }

  /** Queued sends, and those that ended unsent, as history entries. */
  items(): readonly HistoryItem[] {
    return [...this.#queued.values()].filter((queued) => !this.#isSent(queued)).map(itemOf);
  }

  view(paymentHash: string): PaymentView | undefined {
    const queued = this.#queued.get(paymentHash);
    return queued === undefined || this.#isSent(queued) ? undefined : viewOf(queued);
  }

  invoiceOf(paymentHash: string): string | null {
    return this.#queued.get(paymentHash)?.invoice ?? null;
  }

  /** Queues a payment. Resolves once it is durable. Queueing the same invoice again returns the existing one. */
  async add(
    invoice: string,
    { details, amountMsat, maxFeeMsat }: SendPreview,
  ): Promise<Result<PaymentView>> {
    const { paymentHash } = details;
    const known = this.#options.latest(paymentHash);
    if (known !== undefined && known.state !== "failed")
      return err("already_paid", "This invoice was already paid or is being paid.", "never");
    const existing = this.#queued.get(paymentHash);
    if (existing?.ended === null) return ok(viewOf(existing));
    const now = this.#options.now();
    const queued: QueuedSend = {
      invoice,
      paymentHash,
      amountMsat: amountMsat.toString(),
      chosen: details.amountMsat === null,
      maxFeeMsat: maxFeeMsat.toString(),
      description: details.description === null ? null : plainText(details.description),
      payee: details.payee,
      createdAt: now,
      until: sendLaterUntil(details.expiresAt, now),
      ended: null,
    };
    await this.#write(queued);
    return ok(viewOf(queued));
  }

  /** Deletes a queued payment. Error `already_paid` once it was sent. */
  async cancel(paymentHash: string): Promise<Result<null>> {
    const queued = this.#queued.get(paymentHash);
    const known = this.#options.latest(paymentHash);
    if (this.#sending.has(paymentHash) || (known !== undefined && known.state !== "failed"))
      return err("already_paid", "This payment was already sent.", "never");
    if (queued !== undefined) await this.#forget(queued);
    return ok(null);
  }

  /** Sends payments that can be sent, and ends those that have expired. Safe to call at any time. */
  process(isConnected: boolean): Promise<void> {
    const work = this.#working.then(() => this.#process(isConnected));
    this.#working = work.catch(() => {});
    return work;
  }

  async #process(isConnected: boolean): Promise<void> {
    for (const queued of this.#queued.values()) {
      if (queued.ended !== null || this.#sending.has(queued.paymentHash)) continue;
      if (this.#isSent(queued)) await this.#forget(queued);
      else if (queued.until <= this.#options.now()) await this.#end(queued, "invoiceExpired");
      else if (isConnected) await this.#send(queued);
    }
  }

  async #send(queued: QueuedSend): Promise<void> {
    const { wallet } = this.#options;
    const channels = await wallet.node.channels();
    // wait for channels that are not usable yet, because they may have the missing balance
    if (channels.some(({ usable, closing }) => !usable && !closing)) return;
    const { sendableMsat } = await wallet.balances();
    const amountMsat: Msat = msat(BigInt(queued.amountMsat));
    // cancelled during the calls above
    if (this.#queued.get(queued.paymentHash) !== queued) return;
    if (amountMsat > sendableMsat) return this.#end(queued, "insufficientFunds");
    const preview = wallet.previewSend(queued.invoice, queued.chosen ? amountMsat : undefined);
    if (!preview.ok) return this.#end(queued, preview.error.code);
    this.#sending.add(queued.paymentHash);
    // after an unknown outcome the entry stays queued, and the node's own payment record decides what happens
    void wallet
      .sendAndWait(queued.invoice, preview.value, sendPolicy.settleTimeoutMs)
      .then(async (sent) => {
        if (sent.ok || sent.error.code === "already_paid") await this.#forget(queued);
        else if (sent.error.retry === "never") await this.#end(queued, sent.error.code);
      })
      .catch(() => {})
      .finally(() => this.#sending.delete(queued.paymentHash));
  }

  /** Whether the node has a payment for the invoice that did not fail, or that was created after it was queued. */
  #isSent(queued: QueuedSend): boolean {
    const payment = this.#options.latest(queued.paymentHash);
    return (
      payment !== undefined && (payment.state !== "failed" || payment.createdAt >= queued.createdAt)
    );
  }

  async #end(queued: QueuedSend, failure: string): Promise<void> {
    await this.#write({ ...queued, ended: { failure, at: this.#options.now() } });
  }

  async #write(queued: QueuedSend): Promise<void> {
    await this.#options.store.put(prefix + queued.paymentHash, JSON.stringify(queued));
    this.#queued.set(queued.paymentHash, queued);
    this.#options.onChange();
  }

  async #forget(queued: QueuedSend): Promise<void> {
    this.#queued.delete(queued.paymentHash);
    this.#options.onChange();
    await this.#options.store.delete(prefix + queued.paymentHash);
  }
}

function viewOf(queued: QueuedSend): PaymentView {
  return {
    paymentHash: queued.paymentHash,
    direction: "outbound",
    state: queued.ended === null ? "moving" : "ended",
    nodeState: "queued",
    amountMsat: queued.amountMsat,
    feeMsat: null,
    maxFeeMsat: queued.maxFeeMsat,
    description: queued.description,
    payee: queued.payee,
    failure: queued.ended?.failure ?? null,
    createdAt: queued.createdAt,
    finishedAt: queued.ended?.at ?? null,
    expiresAt: queued.until,
  };
}

function itemOf(queued: QueuedSend): HistoryItem {
  return {
    id: entryId({ direction: "outbound", paymentHash: queued.paymentHash }),
    kind: "send",
    state: queued.ended === null ? "moving" : "ended",
    at: queued.createdAt,
    amountMsat: queued.amountMsat,
    feeMsat: "0",
    amountKesCents: null,
    kesCentsPerBtc: null,
    description: queued.description,
    paymentHash: queued.paymentHash,
    orderId: null,
    orderState: queued.ended === null ? "queued" : null,
    deadlineAt: queued.ended === null ? queued.until : null,
    mpesaReceipt: null,
    counterparty: null,
  };
}
