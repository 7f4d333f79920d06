import { err, msat, ok, zeroMsat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
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
import type { PaymentAdmission } from "../model/node-policy.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { toMsatOrNull } from "../model/views-from-core.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import { paddedNumber } from "../runtime/payment-store.ts";
import { idempotencyConflict, idempotencyKeyError } from "./idempotency.ts";
import { decodeInvoice } from "./invoice.ts";
import { isInvoiceFor } from "../model/invoice-network.ts";
import { expiredWhile, failureOf, refusalOf } from "./outbound-failure.ts";
import { isFinal } from "../model/payment.ts";
import { gossipPolicy, paymentPolicy } from "../model/policy.ts";
import type { OutboundFailure, OutboundPayment } from "../model/payment.ts";
import type { OutboundCapacity, CapacityAnswer } from "./outbound-capacity.ts";
import type { PayIntent } from "./pay-intent.ts";
import { outstanding } from "./spending.ts";

/** Key = padded payment number: its PayIntent. Deleted once the payment is handed to the core. */
const intentTable = "payment-intent";
/** One row: the number of the newest payment at the last start in recovery mode. */
const recoveredTable = "payment-recovered";
const recoveredKey = "up-to";
const { maxRequestLength, pendingPollMs, routeTimeoutMs } = paymentPolicy;
const { claimSettleMs, maxRouteWaitMs } = gossipPolicy;

/** Outbound payments. */
export class Paying {
  readonly #session: CoreSession;
  readonly #capacity: OutboundCapacity;
  readonly #intents = new Map<number, PayIntent>();
  /** Hashes and idempotency keys of payments that were admitted but have no record yet. */
  readonly #starting = new Set<string>();
  #startingMsat = 0n;
  readonly #startingToMsat = new Map<string | null, bigint>();
  #decisions: Promise<unknown> = Promise.resolve();
  readonly #advancing = new Set<number>();
  /** Payments that wait for a newer network graph. */
  readonly #waitingForGraph = new Set<number>();
  /** Payments that have waited for one: each does once. */
  readonly #hasWaitedForGraph = new Set<number>();
  #claimedAt = -claimSettleMs;
  /** The lost state may have made payments with this number or a lower one: that this one did not proves nothing. */
  #unprovenUpTo = 0;
  #cancelPoll: (() => void) | undefined;
  readonly #stopObserving: (() => void)[] = [];

  constructor(session: CoreSession, capacity: OutboundCapacity) {
    this.#session = session;
    this.#capacity = capacity;
  }

  /** Resumes pending payments after a restart: the core never received them. It reports those in flight by itself. */
  async start(): Promise<void> {
    const { payments, store, peers } = this.#session;
    for (const { key, value } of await store.list(intentTable)) {
      this.#intents.set(Number(key), decodeRow(value) as PayIntent);
    }
    for (const { value } of await store.list(recoveredTable))
      this.#unprovenUpTo = Number(decodeRow(value));
    if (this.#session.recovery) await this.#distrust();
    this.#stopObserving.push(
      peers.observe(() => this.#advanceAll()),
      this.#capacity.observe(() => this.#advanceAll()),
    );
    if (payments.open().some((payment) => payment.state === "pending")) this.#advanceAll();
  }

  /**
   * The state is older than the newest one, in which open payments may have been sent and may have succeeded. None is
   * sent again, and none is called failed: its outcome is unknown until a person looks at what the payee has.
   */
  async #distrust(): Promise<void> {
    const { payments, loop, logger } = this.#session;
    const open = payments.open().filter((payment) => payment.direction === "outbound");
    this.#unprovenUpTo = Math.max(this.#unprovenUpTo, ...open.map(({ number }) => number));
    await loop.commitChange((unit) => {
      unit.put(recoveredTable, recoveredKey, encodeJson(this.#unprovenUpTo));
      for (const payment of open) {
        logger.warn({ paymentHash: payment.paymentHash }, "payment's outcome is unknown");
        if (payment.state !== "pending") continue;
        this.#dropIntent(unit, payment);
        payments.update(unit, payment, { state: "inFlight", waitingFor: null });
      }
    });
  }

  stop(): void {
    this.#cancelPoll?.();
    for (const stop of this.#stopObserving) stop();
  }

  async pay(request: PayRequest): Promise<Result<OutboundPayment, PayErrorCode>> {
    const { network, clock, nodeId } = this.#session;
    const decoded = decodeInvoice(this.#session.decode, request.invoice);
    if (!decoded.ok) return decoded;
    const invoice = decoded.value;
    if (!isInvoiceFor(network, invoice)) {
      return err(
        "invoice_wrong_network",
        `This invoice is for ${invoice.network}; this node is on ${network}.`,
        "never",
      );
    }
    const amount = invoice.amountMsat ?? request.amountMsat ?? zeroMsat;
    if (amount === 0n || (request.amountMsat !== undefined && request.amountMsat !== amount)) {
      const message =
        invoice.amountMsat === null
          ? "The invoice has no amount: pass amountMsat."
          : `The invoice is for ${invoice.amountMsat} msat: pass that amount or none.`;
      return err("amount_invalid", message, "never");
    }
    const payeeIsOurs = invoice.hints.some((hops) => hops.at(-1)?.nodeId === nodeId);
    return this.#create({
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
        ...(request.sendBy === undefined ? {} : { sendBy: request.sendBy }),
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
    const decoded =
      request.offer.length > maxRequestLength ? undefined : decode(request.offer.trim());
    if (decoded === undefined || !decoded.ok || decoded.value.type !== "offerDecoded") {
      return err("invoice_malformed", "Not a valid BOLT 12 offer.", "never");
    }
    const offer = decoded.value;
    if (!offer.networks.includes(network)) {
      return err(
        "invoice_wrong_network",
        `This offer is for ${offer.networks.join(", ")}; this node is on ${network}.`,
        "never",
      );
    }
    const offerAmount = toMsatOrNull(offer.amountMsat);
    const amount = request.amountMsat ?? offerAmount ?? zeroMsat;
    if (amount === 0n || (offerAmount !== null && amount < offerAmount)) {
      return err(
        "amount_invalid",
        offerAmount === null
          ? "The offer has no amount: pass amountMsat."
          : `The offer asks for at least ${offerAmount} msat.`,
        "never",
      );
    }
    const expiresAt = offer.expiresAtSeconds === null ? null : offer.expiresAtSeconds * 1000;
    return this.#create({
      key: request.idempotencyKey,
      terms: utf8ToText(encodeJson(["offer", offer.offerId, amount])),
      // an offer can be paid repeatedly
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
      return err("payment_not_found", "This node has no outbound payment with this hash.", "never");
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
      // the peer's newer commitment transaction no longer has an HTLC that the payee has claimed
      if (payment.number <= this.#unprovenUpTo) return;
      this.#fail(unit, payment, failureOf(event.reason));
      return;
    }
    if (payment.kind === "bolt11" && payment.paymentHash !== event.paymentHash) {
      logger.error(
        { paymentHash: event.paymentHash },
        "payment succeeded with a different payment hash",
      );
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

  /**
   * Validates and creates a payment. Payments are decided one at a time, so that two cannot use the same idempotency key
   * or the same part of a spending limit.
   */
  #create(draft: PaymentDraft): Promise<Result<OutboundPayment, PayErrorCode>> {
    const invalid = validationError(draft);
    if (invalid !== undefined) return Promise.resolve(err("invalid_request", invalid, "never"));
    const decided = this.#decisions.then(() => this.#decide(draft));
    this.#decisions = decided.catch(() => {});
    return decided.then((decision) => (decision.ok ? decision.value.payment : decision));
  }

  async #decide(draft: PaymentDraft): Promise<Result<Created, PayErrorCode>> {
    const { payments, loop } = this.#session;
    if (draft.key !== undefined) {
      if (this.#starting.has(`key/${draft.key}`)) await loop.released();
      const use = await payments.keyUse(draft.key);
      if (use !== undefined) {
        if (use.terms !== draft.terms) {
          return idempotencyConflict();
        }
        return ok({ payment: this.#durable(use.number) });
      }
    }
    if (draft.expired()) return err("invoice_expired", "This invoice has expired.", "never");
    if (draft.hash !== undefined) {
      const isStarting = this.#starting.has(`hash/${draft.hash}`);
      const earlier = isStarting
        ? undefined
        : (payments.outbound(draft.hash) ?? (await payments.find(draft.hash, "outbound")));
      if (isStarting || (earlier !== undefined && earlier.state !== "failed")) {
        const progress = earlier?.state === "succeeded" ? "has been paid" : "is being paid";
        return err("already_paid", `This invoice ${progress}.`, "never");
      }
    }
    const admitted = await this.#admit(draft);
    return ok({ payment: this.#record(draft, admitted ? null : "capExceeded") });
  }

  /** See `LightningNode.spentSince`. */
  async spentSince(sinceMs: number): Promise<Msat> {
    const startingMsat = this.#startingMsat;
    return msat(startingMsat + (await this.#session.payments.spentSince(sinceMs)));
  }

  async #durable(number: number): Promise<Result<OutboundPayment, PayErrorCode>> {
    await this.#session.loop.released();
    const payment = await this.#session.payments.byNumber(number);
    if (payment?.direction !== "outbound")
      throw new Error("an idempotency key without its payment");
    return ok(payment);
  }

  async #admit(draft: PaymentDraft): Promise<boolean> {
    const { logger } = this.#session;
    const { payee, amountMsat, maxFeeMsat } = draft.fields;
    const admission = await this.admits({ payee, amountMsat, maxFeeMsat }, draft.key ?? null);
    if (!admission.ok)
      logger.warn({ code: admission.error.code }, "payment refused by the node's policy");
    return admission.ok;
  }

  /** See `LightningNode.admits`. */
  async admits(
    request: Pick<PaymentAdmission, "payee" | "amountMsat" | "maxFeeMsat">,
    idempotencyKey: string | null = null,
  ): Promise<Result<void>> {
    const { policy, payments } = this.#session;
    const { payee } = request;
    const startingToPayee = this.#startingToMsat.get(payee) ?? 0n;
    return (
      (await policy.admitPayment?.({
        ...request,
        idempotencyKey,
        spentSince: (sinceMs) => this.spentSince(sinceMs),
        outstandingMsat: msat(this.#startingMsat + outstanding(payments)),
        outstandingToPayeeMsat: msat(startingToPayee + outstanding(payments, payee)),
      })) ?? ok(undefined)
    );
  }

  async #record(
    draft: PaymentDraft,
    failure: OutboundFailure | null,
  ): Promise<Result<OutboundPayment, PayErrorCode>> {
    const { payments, loop, entropy } = this.#session;
    const paymentId = bytesToHex(entropy.bytes(32));
    const startingKeys = [
      ...(draft.key === undefined ? [] : [`key/${draft.key}`]),
      ...(draft.hash === undefined ? [] : [`hash/${draft.hash}`]),
    ];
    const cost = draft.fields.amountMsat + draft.fields.maxFeeMsat;
    for (const startingKey of startingKeys) this.#starting.add(startingKey);
    this.#startingMsat += cost;
    this.#addStarting(draft.fields.payee, cost);
    const waits = failure === null && (await this.#mustWait(draft));
    let number = 0;
    const recorded = loop.commitChange((unit) => {
      for (const startingKey of startingKeys) this.#starting.delete(startingKey);
      this.#startingMsat -= cost;
      this.#addStarting(draft.fields.payee, -cost);
      const payment = payments.create<OutboundPayment>(
        unit,
        {
          ...draft.fields,
          direction: "outbound",
          state: failure === null ? "pending" : "failed",
          paymentHash: draft.hash ?? paymentId,
          paymentId,
          idempotencyKey: draft.key ?? null,
          feeMsat: null,
          failure,
          waitingFor: waits ? "route" : null,
          expiresAt: draft.expiresAt,
        },
        { terms: draft.terms },
      );
      number = payment.number;
      if (failure === null) {
        this.#intents.set(number, draft.intent);
        unit.put(intentTable, paddedNumber(number), encodeJson(draft.intent));
      }
    });
    // queued together with the record: one exchange, one write
    if (failure === null && !waits) {
      this.#send(
        () => payments.outbound(draft.hash ?? paymentId, paymentId),
        draft.intent,
        paymentId,
        draft.fields,
      );
    }
    await recorded;
    if (waits) this.#advanceAll();
    const payment = await payments.byNumber(number);
    if (payment?.direction !== "outbound") throw new Error("a payment without its record");
    return ok(payment);
  }

  #addStarting(payee: string | null, change: bigint): void {
    const sum = (this.#startingToMsat.get(payee) ?? 0n) + change;
    if (sum === 0n) this.#startingToMsat.delete(payee);
    else this.#startingToMsat.set(payee, sum);
  }

  /** True when the payment may need a channel, or its channels to be re-established, before it can be sent. */
  async #mustWait(draft: PaymentDraft): Promise<boolean> {
    if (draft.intent.openChannelToPayee) return true;
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
        "core refused payment",
      );
      if (outcome.error.code === "routeNotFound" && this.#mayFindRoute(payment)) {
        this.#session.payments.update(unit, payment, { waitingFor: "route" });
        return;
      }
      this.#fail(unit, payment, refusalOf(outcome.error));
    });
  }

  /** A payment to us has been claimed. Its amount becomes spendable when the HTLC has left the commitment. */
  noteClaim(): void {
    this.#claimedAt = this.#session.clock.now();
  }

  /** True when a payment without a route stays pending, because one may appear: see `gossipPolicy`. */
  #mayFindRoute({ number, createdAt }: OutboundPayment): boolean {
    const { gossip, clock, loop } = this.#session;
    const oldest = clock.now() - claimSettleMs;
    if (this.#claimedAt > oldest && createdAt > oldest) {
      this.#poll();
      return true;
    }
    const refresh = this.#hasWaitedForGraph.has(number) ? undefined : gossip?.refreshForRoute();
    if (refresh === undefined) return false;
    this.#hasWaitedForGraph.add(number);
    this.#waitingForGraph.add(number);
    let isOver = false;
    const proceed = (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      this.#waitingForGraph.delete(number);
      if (!loop.isStopped) this.#advance(number);
    };
    // `proceed` may come while the payment is still being advanced
    this.#poll();
    const cancel = clock.after(maxRouteWaitMs, proceed);
    void refresh.then(proceed);
    return true;
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
    this.#hasWaitedForGraph.delete(payment.number);
    if (this.#intents.delete(payment.number)) {
      unit.delete(intentTable, paddedNumber(payment.number));
    }
  }

  /** Tries to advance every pending payment, now and periodically while there are any. */
  #advanceAll(): void {
    const { payments, loop } = this.#session;
    if (loop.isStopped) return;
    const pending = payments.open().filter((payment) => payment.state === "pending");
    for (const payment of pending) {
      if (payment.direction === "outbound" && this.#intents.has(payment.number))
        this.#advance(payment.number);
    }
    if (pending.length > 0) this.#poll();
  }

  /** Calls `advanceAll` after a while. */
  #poll(): void {
    this.#cancelPoll ??= this.#session.clock.after(pendingPollMs, () => {
      this.#cancelPoll = undefined;
      this.#advanceAll();
    });
  }

  #advance(number: number): void {
    if (this.#advancing.has(number) || this.#waitingForGraph.has(number)) return;
    this.#advancing.add(number);
    this.#advanceOnce(number)
      .catch((error: unknown) => {
        if (!this.#session.loop.isStopped) {
          this.#session.logger.error(
            { payment: number, error: String(error) },
            "pending payment not advanced",
          );
        }
      })
      .finally(() => this.#advancing.delete(number));
  }

  async #advanceOnce(number: number): Promise<void> {
    const { payments, clock, loop } = this.#session;
    const payment = await payments.current(number);
    const intent = this.#intents.get(number);
    if (payment?.direction !== "outbound" || payment.state !== "pending" || intent === undefined)
      return;
    const now = clock.now();
    const answer: CapacityAnswer =
      (payment.expiresAt !== null && payment.expiresAt <= now) ||
      (intent.sendBy !== undefined && intent.sendBy <= now)
        ? { kind: "failed", failure: expiredWhile(payment.waitingFor) }
        : await this.#capacity.check(payment, intent);
    const current = await payments.current(number);
    if (current?.direction !== "outbound" || current.state !== "pending") return;
    if (answer.kind === "failed") {
      await loop.commitChange((unit) => this.#fail(unit, current, answer.failure));
    } else if (answer.kind === "wait") {
      if (answer.for === "route" && now - current.createdAt > routeTimeoutMs) {
        await loop.commitChange((unit) => this.#fail(unit, current, "noRoute"));
      } else if (answer.for !== current.waitingFor || answer.opened === true) {
        await loop.commitChange((unit) =>
          payments.update(unit, current, {
            waitingFor: answer.for,
            ...(answer.opened === true ? { channelOpened: true } : {}),
          }),
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

type PaymentDraft = {
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

/** Wrapped in an object, because awaiting the decision must not await the payment. */
type Created = { readonly payment: Promise<Result<OutboundPayment, PayErrorCode>> };

function validationError(draft: PaymentDraft): string | undefined {
  const invalidKey = idempotencyKeyError(draft.key);
  if (invalidKey !== undefined) return invalidKey;
  if (draft.hash !== undefined && !isHex(draft.hash, 32))
    return "The payment hash must be 32 bytes as hex.";
  return undefined;
}
