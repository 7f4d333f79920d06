import type { Payment } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { SendPreview } from "../payments/send.ts";
import type { Notes } from "../storage/key-value-store.ts";
import type { HistoryItem, PaymentView } from "../port/calls.ts";
import { sendLaterUntil } from "../policy.ts";
import type { Wallet } from "../wallet.ts";
import { plainText } from "./plain-text.ts";
import { entryId } from "./views.ts";

const prefix = "queued/";
const settleMs = 60_000;

/** What it takes of a wallet. */
type SendingWallet = Pick<Wallet, "previewSend" | "sendAndWait" | "balances"> & {
  readonly node: Pick<Wallet["node"], "channels">;
};

type QueuedSend = {
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: string;
  /** The invoice leaves the amount to the payer. */
  readonly chosen: boolean;
  readonly maxFeeMsat: string;
  readonly description: string | null;
  readonly payee: string;
  readonly createdAt: number;
  /** It does not go out after this. */
  readonly until: number;
  /** Over without a payment: why and when. */
  readonly ended: { readonly failure: string; readonly at: number } | null;
};

export type SendQueueOptions = {
  readonly wallet: SendingWallet;
  /** Of this device: a payment that another one would send as well is none that can wait. */
  readonly notes: Notes;
  /** The node's own last word on an invoice. */
  readonly latest: (paymentHash: string) => Payment | undefined;
  readonly now: () => number;
  readonly onChange: () => void;
};

/**
 * Payments that were agreed to without a network. Each is noted first, goes out by itself once the operator's node is
 * there, and ends where its invoice does, or after a day. Nothing has left while one waits, and it can be taken back.
 * Once the node has a payment for the invoice, that is the truth: what waited is forgotten, and never sent again.
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
    for (const { value } of await options.notes.list(prefix)) {
      const queued = JSON.parse(value) as QueuedSend;
      queue.#queued.set(queued.paymentHash, queued);
    }
    return queue;
  }

  /** What waits or ended here, as entries of the history. */
  items(): readonly HistoryItem[] {
    return [...this.#queued.values()].filter((queued) => !this.#isOut(queued)).map(itemOf);
  }

  view(paymentHash: string): PaymentView | undefined {
    const queued = this.#queued.get(paymentHash);
    return queued === undefined || this.#isOut(queued) ? undefined : viewOf(queued);
  }

  invoiceOf(paymentHash: string): string | null {
    return this.#queued.get(paymentHash)?.invoice ?? null;
  }

  /** Notes a payment that its holder agreed to. Resolves once it is durable; the same invoice waits once. */
  async add(
    invoice: string,
    { details, amountMsat, maxFeeMsat }: SendPreview,
  ): Promise<Result<PaymentView>> {
    const { paymentHash } = details;
    const known = this.#options.latest(paymentHash);
    if (known !== undefined && known.state !== "failed")
      return err("already_paid", "This invoice is paid, or on its way.", "never");
    const waiting = this.#queued.get(paymentHash);
    if (waiting?.ended === null) return ok(viewOf(waiting));
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

  /** Nothing is sent of it. Refused once it has gone out. */
  async takeBack(paymentHash: string): Promise<Result<null>> {
    const queued = this.#queued.get(paymentHash);
    const known = this.#options.latest(paymentHash);
    if (this.#sending.has(paymentHash) || (known !== undefined && known.state !== "failed"))
      return err("already_paid", "It has gone out.", "never");
    if (queued !== undefined) await this.#forget(queued);
    return ok(null);
  }

  /** Sends what can go out now, and ends what is over. Harmless at any time. */
  goOn(isConnected: boolean): Promise<void> {
    const work = this.#working.then(() => this.#goOn(isConnected));
    this.#working = work.catch(() => {});
    return work;
  }

  async #goOn(isConnected: boolean): Promise<void> {
    for (const queued of this.#queued.values()) {
      if (queued.ended !== null || this.#sending.has(queued.paymentHash)) continue;
      if (this.#isOut(queued)) await this.#forget(queued);
      else if (queued.until <= this.#options.now()) await this.#end(queued, "invoiceExpired");
      else if (isConnected) await this.#send(queued);
    }
  }

  async #send(queued: QueuedSend): Promise<void> {
    const { wallet } = this.#options;
    const channels = await wallet.node.channels();
    // a channel that is not spoken for yet may have what is missing
    if (channels.some(({ usable, closing }) => !usable && !closing)) return;
    const { sendableMsat } = await wallet.balances();
    const amountMsat: Msat = msat(BigInt(queued.amountMsat));
    // taken back meanwhile
    if (this.#queued.get(queued.paymentHash) !== queued) return;
    if (amountMsat > sendableMsat) return this.#end(queued, "insufficientFunds");
    const preview = wallet.previewSend(queued.invoice, queued.chosen ? amountMsat : undefined);
    if (!preview.ok) return this.#end(queued, preview.error.code);
    this.#sending.add(queued.paymentHash);
    // its end is the node's to tell: an answer that did not come leaves the note, and the node's book decides
    void wallet
      .sendAndWait(queued.invoice, preview.value, settleMs)
      .then(async (sent) => {
        if (sent.ok || sent.error.code === "already_paid") await this.#forget(queued);
        else if (sent.error.retry === "never") await this.#end(queued, sent.error.code);
      })
      .catch(() => {})
      .finally(() => this.#sending.delete(queued.paymentHash));
  }

  /** The node has it: since it was agreed to, or not as a failure. */
  #isOut(queued: QueuedSend): boolean {
    const payment = this.#options.latest(queued.paymentHash);
    return (
      payment !== undefined && (payment.state !== "failed" || payment.createdAt >= queued.createdAt)
    );
  }

  async #end(queued: QueuedSend, failure: string): Promise<void> {
    await this.#write({ ...queued, ended: { failure, at: this.#options.now() } });
  }

  async #write(queued: QueuedSend): Promise<void> {
    await this.#options.notes.put(prefix + queued.paymentHash, JSON.stringify(queued));
    this.#queued.set(queued.paymentHash, queued);
    this.#options.onChange();
  }

  async #forget(queued: QueuedSend): Promise<void> {
    this.#queued.delete(queued.paymentHash);
    this.#options.onChange();
    await this.#options.notes.delete(prefix + queued.paymentHash);
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
