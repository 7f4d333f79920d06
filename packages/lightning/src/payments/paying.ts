import { err, msat, ok, zeroMsat } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { bytesToHex } from "@noble/hashes/utils.js";
import { isHex, utf8ToText } from "../encoding/bytes.ts";
import type { Event } from "../core/generated/index.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type {
  NodeErrorCode,
  PayErrorCode,
  PayOfferRequest,
  PayRequest,
} from "../model/lightning-node.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { toMsatOrNull } from "../model/views-from-core.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import { decodeInvoice } from "./invoice.ts";
import { expiredWhile, failureOf, refusalOf } from "./outbound-failure.ts";
import { isFinal } from "../model/payment.ts";
import type { OutboundFailure, OutboundPayment } from "../model/payment.ts";
import type { OutboundCapacity, CapacityAnswer } from "./outbound-capacity.ts";
import type { PayIntent } from "./pay-intent.ts";
import { spentSince, outstanding } from "./spending.ts";

/** What a pending payment still needs to know; gone once it is sent. Padded number of the payment. */
const intentTable = "payment-intent";
/** How often a pending payment looks again when nothing wakes it. */
const lookAgainMs = 250;
/** An ordinary payment waits that long for a channel to come back after a start. */
const routeWaitMs = 60_000;

/** Payments of ours. */
export class Paying {
  readonly #session: CoreSession;
  readonly #capacity: OutboundCapacity;
  readonly #intents = new Map<number, PayIntent>();
  /** Hashes and keys between the decision to pay and the record. */
  readonly #starting = new Set<string>();
  #startingMsat = 0n;
  #decisions: Promise<unknown> = Promise.resolve();
  readonly #driving = new Set<number>();
  #cancelLook: (() => void) | undefined;
  readonly #stopObserving: (() => void)[] = [];

  constructor(session: CoreSession, room: OutboundCapacity) {
    this.#session = session;
    this.#capacity = room;
  }

  /** Drives on what a crash left unfinished: what the core never got. What is in flight, the core knows. */
  async start(): Promise<void> {
    const { payments, store, peers } = this.#session;
    for (const { key, value } of await store.list(intentTable)) {
      this.#intents.set(Number(key), decodeRow(value) as PayIntent);
    }
    this.#stopObserving.push(
      peers.observe(() => this.#look()),
      this.#capacity.observe(() => this.#look()),
    );
    if (payments.open().some((payment) => payment.state === "pending")) this.#look();
  }

  stop(): void {
    this.#cancelLook?.();
    for (const stop of this.#stopObserving) stop();
  }

  async pay(request: PayRequest): Promise<Result<OutboundPayment, PayErrorCode>> {
    const { network, clock, nodeId } = this.#session;
    const decoded = decodeInvoice(this.#session.decode, request.invoice);
    if (!decoded.ok) return decoded;
    const invoice = decoded.value;
    if (invoice.network !== network) {
      return err(
        "invoice_wrong_network",
        `This invoice belongs to ${invoice.network}, not ${network}.`,
        "never",
      );
    }
    const amount = invoice.amountMsat ?? request.amountMsat ?? zeroMsat;
    if (amount === 0n || (request.amountMsat !== undefined && request.amountMsat !== amount)) {
      const message =
        invoice.amountMsat === null
          ? "The invoice leaves the amount to the payer: name one."
          : `The invoice asks for ${invoice.amountMsat} msat.`;
      return err("amount_invalid", message, "never");
    }
    const payeeIsOurs = invoice.hints.some((hops) => hops.at(-1)?.nodeId === nodeId);
    return this.#begin({
      key: request.idempotencyKey,
      terms: utf8ToText(encodeJson(["pay", invoice.paymentHash, amount])),
      hash: invoice.paymentHash,
      expiresAt: invoice.expiresAt,
      expired: () => invoice.expiresAt <= clock.now(),
      intent: {
        maxCltvExpiryDelta: request.maxCltvExpiryDelta ?? null,
        payerNote: null,
        givenAmountMsat: invoice.amountMsat === null ? amount : null,
        openChannelToPayee: request.openChannelToPayee === true,
        payeeIsOurs,
      },
      fields: {
        kind: "bolt11",
        request: request.invoice
          .trim()
          .replace(/^lightning:/i, "")
          .toLowerCase(),
        payee: invoice.payee,
        description: invoice.description,
        amountMsat: amount,
        maxFeeMsat: request.maxFeeMsat,
      },
    });
  }

  async payOffer(request: PayOfferRequest): Promise<Result<OutboundPayment, PayErrorCode>> {
    const { network, clock, decode } = this.#session;
    const decoded = request.offer.length > 10_000 ? undefined : decode(request.offer.trim());
    if (decoded === undefined || !decoded.ok || decoded.value.type !== "offerDecoded") {
      return err("invoice_malformed", "This is not an offer that can be read.", "never");
    }
    const offer = decoded.value;
    if (!offer.networks.includes(network)) {
      return err(
        "invoice_wrong_network",
        `This offer belongs to ${offer.networks.join(", ")}.`,
        "never",
      );
    }
    const asked = toMsatOrNull(offer.amountMsat);
    const amount = request.amountMsat ?? asked ?? zeroMsat;
    if (amount === 0n || (asked !== null && amount < asked)) {
      return err(
        "amount_invalid",
        asked === null ? "Name an amount." : `The offer asks for ${asked} msat.`,
        "never",
      );
    }
    const expiresAt = offer.expiresAtSeconds === null ? null : offer.expiresAtSeconds * 1000;
    return this.#begin({
      key: request.idempotencyKey,
      terms: utf8ToText(encodeJson(["offer", offer.offerId, amount])),
      // an offer may be paid again and again
      hash: undefined,
      expiresAt,
      expired: () => expiresAt !== null && expiresAt <= clock.now(),
      intent: {
        maxCltvExpiryDelta: null,
        payerNote: request.payerNote ?? null,
        givenAmountMsat: request.amountMsat ?? null,
        openChannelToPayee: false,
        payeeIsOurs: false,
      },
      fields: {
        kind: "bolt12",
        request: request.offer.trim(),
        payee: offer.issuerSigningKey,
        description: offer.description,
        amountMsat: amount,
        maxFeeMsat: request.maxFeeMsat,
      },
    });
  }

  async abandon(
    paymentHash: string,
  ): Promise<Result<OutboundPayment, NodeErrorCode | "payment_not_found">> {
    const { payments, loop } = this.#session;
    const payment =
      payments.outbound(paymentHash) ?? (await payments.find(paymentHash, "outbound"));
    if (payment?.direction !== "outbound") {
      return err("payment_not_found", "No payment of this node has that payment hash.", "never");
    }
    if (payment.state === "pending") {
      return loop.commitChange((unit) => {
        const current = payments.outbound(paymentHash) ?? payment;
        return ok(current.state === "pending" ? this.#fail(unit, current, "abandoned") : current);
      });
    }
    if (payment.state === "inFlight") {
      await loop.run({ type: "abandonPayment", paymentId: payment.paymentId }, () => {});
    }
    const now = payments.outbound(paymentHash) ?? (await payments.find(paymentHash, "outbound"));
    return ok(now?.direction === "outbound" ? now : payment);
  }

  onEvent(
    event: Extract<Event, { type: "paymentSent" | "paymentFailed" }>,
    unit: UnitOfWork,
  ): void {
    const { payments, logger } = this.#session;
    const payment = payments.outbound(event.paymentHash ?? "", event.paymentId);
    // LDK repeats both after a restart
    if (payment === undefined || isFinal(payment)) return;
    if (event.type === "paymentFailed") {
      this.#fail(unit, payment, failureOf(event.reason));
      return;
    }
    if (payment.kind === "bolt11" && payment.paymentHash !== event.paymentHash) {
      logger.error({ paymentHash: event.paymentHash }, "a payment succeeded under another hash");
    }
    payments.keepProof(unit, event.paymentHash, event.preimage);
    this.#dropIntent(unit, payment);
    payments.update(unit, payment, {
      state: "succeeded",
      paymentHash: event.paymentHash,
      amountMsat: toMsatOrNull(event.amountMsat) ?? payment.amountMsat,
      feeMsat: toMsatOrNull(event.feeMsat) ?? zeroMsat,
      waitingFor: null,
    });
  }

  /** Decides, one payment after another, whether it may begin; the record and the core's command share a turn. */
  #begin(order: Order): Promise<Result<OutboundPayment, PayErrorCode>> {
    const complaint = complain(order);
    if (complaint !== undefined) return Promise.resolve(err("invalid_request", complaint, "never"));
    const decided = this.#decisions.then(() => this.#decide(order));
    this.#decisions = decided.catch(() => {});
    return decided.then((decision) => (decision.ok ? decision.value.made : decision));
  }

  async #decide(order: Order): Promise<Result<Begun, PayErrorCode>> {
    const { payments, loop } = this.#session;
    if (order.key !== undefined) {
      if (this.#starting.has(`key/${order.key}`)) await loop.released();
      const use = await payments.keyUse(order.key);
      if (use !== undefined) {
        if (use.terms !== order.terms) {
          return err("idempotency_conflict", "This key was used for something else.", "never");
        }
        return ok({ made: this.#durable(use.number) });
      }
    }
    if (order.expired()) return err("invoice_expired", "This invoice has ended.", "never");
    if (order.hash !== undefined) {
      const begun = this.#starting.has(`hash/${order.hash}`);
      const earlier = begun
        ? undefined
        : (payments.outbound(order.hash) ?? (await payments.find(order.hash, "outbound")));
      if (begun || (earlier !== undefined && earlier.state !== "failed")) {
        const done = earlier?.state === "succeeded" ? "is paid" : "is being paid";
        return err("already_paid", `This invoice ${done}.`, "never");
      }
    }
    const admitted = await this.#admit(order);
    return ok({ made: this.#make(order, admitted ? null : "capExceeded") });
  }

  async #durable(number: number): Promise<Result<OutboundPayment, PayErrorCode>> {
    await this.#session.loop.released();
    const payment = await this.#session.payments.byNumber(number);
    if (payment?.direction !== "outbound") throw new Error("a key without its payment");
    return ok(payment);
  }

  async #admit(order: Order): Promise<boolean> {
    const { policy, logger, payments } = this.#session;
    if (policy.admitPayment === undefined) return true;
    const verdict = await policy.admitPayment({
      idempotencyKey: order.key ?? null,
      payee: order.fields.payee,
      amountMsat: order.fields.amountMsat,
      maxFeeMsat: order.fields.maxFeeMsat,
      spentSince: async (sinceMs) => {
        const startingMsat = this.#startingMsat;
        return msat(startingMsat + (await spentSince(payments, sinceMs)));
      },
      outstandingMsat: msat(this.#startingMsat + outstanding(payments)),
    });
    if (!verdict.ok)
      logger.warn({ code: verdict.error.code }, "payment refused by the node's limits");
    return verdict.ok;
  }

  async #make(
    order: Order,
    failure: OutboundFailure | null,
  ): Promise<Result<OutboundPayment, PayErrorCode>> {
    const { payments, loop, entropy } = this.#session;
    const paymentId = bytesToHex(entropy.bytes(32));
    const marks = [
      ...(order.key === undefined ? [] : [`key/${order.key}`]),
      ...(order.hash === undefined ? [] : [`hash/${order.hash}`]),
    ];
    const cost = order.fields.amountMsat + order.fields.maxFeeMsat;
    for (const mark of marks) this.#starting.add(mark);
    this.#startingMsat += cost;
    const waits = failure === null && (await this.#mustWait(order));
    let number = 0;
    const made = loop.commitChange((unit) => {
      for (const mark of marks) this.#starting.delete(mark);
      this.#startingMsat -= cost;
      const payment = payments.create<OutboundPayment>(
        unit,
        {
          ...order.fields,
          direction: "outbound",
          state: failure === null ? "pending" : "failed",
          paymentHash: order.hash ?? paymentId,
          paymentId,
          idempotencyKey: order.key ?? null,
          feeMsat: null,
          failure,
          waitingFor: waits ? "route" : null,
          expiresAt: order.expiresAt,
        },
        { terms: order.terms },
      );
      number = payment.number;
      if (failure === null) {
        this.#intents.set(number, order.intent);
        unit.put(intentTable, number.toString().padStart(12, "0"), encodeJson(order.intent));
      }
    });
    // posted together with the record: one exchange, one write
    if (failure === null && !waits) {
      this.#send(
        () => payments.outbound(order.hash ?? paymentId, paymentId),
        order.intent,
        paymentId,
        order.fields,
      );
    }
    await made;
    if (waits) this.#look();
    const payment = await payments.byNumber(number);
    if (payment?.direction !== "outbound") throw new Error("a payment without its record");
    return ok(payment);
  }

  /** True where something must happen before the core can find a route. */
  async #mustWait(order: Order): Promise<boolean> {
    if (order.intent.openChannelToPayee) return true;
    return this.#capacity.mustWait();
  }

  #send(
    find: () => OutboundPayment | undefined,
    intent: PayIntent,
    paymentId: string,
    fields: Pick<OutboundPayment, "kind" | "request" | "maxFeeMsat">,
  ): void {
    const { loop, payments, logger } = this.#session;
    const common = {
      paymentId,
      maxFeeMsat: fields.maxFeeMsat.toString(),
      ...(intent.givenAmountMsat === null ? {} : { amountMsat: intent.givenAmountMsat.toString() }),
      ...(intent.maxCltvExpiryDelta === null
        ? {}
        : { maxCltvExpiryDelta: intent.maxCltvExpiryDelta }),
    };
    const command =
      fields.kind === "bolt11"
        ? ({ type: "payInvoice", invoice: fields.request, ...common } as const)
        : ({
            type: "payOffer",
            offer: fields.request,
            ...common,
            ...(intent.payerNote === null ? {} : { payerNote: intent.payerNote }),
          } as const);
    loop.command(command, (outcome, unit) => {
      const payment = find();
      if (payment === undefined || payment.state !== "pending") return;
      if (outcome.ok || outcome.error.code === "duplicatePayment") {
        this.#dropIntent(unit, payment);
        payments.update(unit, payment, { state: "inFlight", waitingFor: null });
        return;
      }
      logger.info(
        { payment: payment.number, code: outcome.error.code, reason: outcome.error.message },
        "payment refused by the core",
      );
      this.#fail(unit, payment, refusalOf(outcome.error));
    });
  }

  #fail(unit: UnitOfWork, payment: OutboundPayment, failure: OutboundFailure): OutboundPayment {
    this.#dropIntent(unit, payment);
    return this.#session.payments.update(unit, payment, {
      state: "failed",
      failure,
      waitingFor: null,
    });
  }

  #dropIntent(unit: UnitOfWork, payment: OutboundPayment): void {
    if (this.#intents.delete(payment.number)) {
      unit.delete(intentTable, payment.number.toString().padStart(12, "0"));
    }
  }

  /** Looks at every pending payment, now and as long as there are any. */
  #look(): void {
    const { payments, clock, loop } = this.#session;
    if (loop.isStopped) return;
    const pending = payments.open().filter((payment) => payment.state === "pending");
    for (const payment of pending) {
      if (payment.direction === "outbound" && this.#intents.has(payment.number))
        this.#drive(payment.number);
    }
    if (pending.length === 0 || this.#cancelLook !== undefined) return;
    this.#cancelLook = clock.after(lookAgainMs, () => {
      this.#cancelLook = undefined;
      this.#look();
    });
  }

  #drive(number: number): void {
    if (this.#driving.has(number)) return;
    this.#driving.add(number);
    this.#driveOn(number)
      .catch((error: unknown) => {
        if (!this.#session.loop.isStopped) {
          this.#session.logger.error(
            { payment: number, error: String(error) },
            "pending payment stuck",
          );
        }
      })
      .finally(() => this.#driving.delete(number));
  }

  async #driveOn(number: number): Promise<void> {
    const { payments, clock, loop } = this.#session;
    const payment = await payments.current(number);
    const intent = this.#intents.get(number);
    if (payment?.direction !== "outbound" || payment.state !== "pending" || intent === undefined)
      return;
    const now = clock.now();
    const answer: CapacityAnswer =
      payment.expiresAt !== null && payment.expiresAt <= now
        ? { kind: "no", failure: expiredWhile(payment.waitingFor) }
        : await this.#capacity.ask(payment, intent);
    const current = await payments.current(number);
    if (current?.direction !== "outbound" || current.state !== "pending") return;
    if (answer.kind === "no") {
      await loop.commitChange((unit) => this.#fail(unit, current, answer.failure));
    } else if (answer.kind === "wait") {
      if (answer.for === "route" && now - current.createdAt > routeWaitMs) {
        await loop.commitChange((unit) => this.#fail(unit, current, "noRoute"));
      } else if (answer.for !== current.waitingFor) {
        await loop.commitChange((unit) =>
          payments.update(unit, current, { waitingFor: answer.for }),
        );
      }
    } else {
      this.#send(
        () => payments.outbound(current.paymentHash, current.paymentId),
        intent,
        current.paymentId,
        current,
      );
      await loop.released();
    }
  }
}

type Order = {
  readonly key: string | undefined;
  readonly terms: string;
  readonly hash: string | undefined;
  readonly expiresAt: number | null;
  readonly expired: () => boolean;
  readonly intent: PayIntent;
  readonly fields: Pick<
    OutboundPayment,
    "kind" | "request" | "payee" | "description" | "amountMsat" | "maxFeeMsat"
  >;
};

/** Wrapped, so that the decision does not wait for the payment. */
type Begun = { readonly made: Promise<Result<OutboundPayment, PayErrorCode>> };

function complain(order: Order): string | undefined {
  if (order.key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(order.key)) {
    return "idempotencyKey must be 1 to 200 visible ASCII characters.";
  }
  if (order.hash !== undefined && !isHex(order.hash, 32))
    return "The payment hash is not 32 bytes.";
  return undefined;
}
