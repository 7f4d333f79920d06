import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { compareText, isHex, utf8ToText } from "../encoding/bytes.ts";
import type { Event, JitHop } from "../core/generated/index.ts";
import { ignoreSessionEnd, refused, unexpected } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { HeldErrorCode, InvoiceErrorCode, InvoiceRequest } from "../model/lightning-node.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { toMsat, toMsatOrNull } from "../model/views-from-core.ts";
import { encodeJson } from "../model/codec.ts";
import { isFinal } from "../model/payment.ts";
import { paymentPolicy } from "../model/policy.ts";
import type { InboundPayment } from "../model/payment.ts";
import { idempotencyConflict, idempotencyKeyError } from "./idempotency.ts";

const { lateHtlcMs, maxExpirySeconds } = paymentPolicy;
/** Longest delay of the expiry timer: timers beyond 2^31 ms overflow, and a timer that fires early only checks again. */
const maxTimerMs = 60 * 60 * 1000;

/** Inbound payments: creates invoices, and claims or fails what arrives for them. */
export class Receiving {
  readonly #session: CoreSession;
  #cancelExpiry: (() => void) | undefined;
  #nextExpiryCheckAt = Infinity;
  /** Invoices with an idempotency key are created one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: CoreSession) {
    this.#session = session;
  }

  /** Repeats claims and failures that a crash may have interrupted. */
  start(): void {
    for (const payment of this.#session.payments.open()) {
      if (payment.direction !== "inbound") continue;
      // the core's state already has the claim or the failure: repeating is harmless
      if (payment.state === "claiming" && !payment.foreignHash) {
        this.#claimInCore(payment, undefined).catch(ignoreSessionEnd);
      }
      if (payment.state === "returning") this.#failInCore(payment).catch(ignoreSessionEnd);
    }
    this.#planExpiry();
  }

  stop(): void {
    this.#cancelExpiry?.();
  }

  async createInvoice(
    request: InvoiceRequest & { readonly jit?: JitHop },
  ): Promise<Result<InboundPayment, InvoiceErrorCode>> {
    const invalid = validationError(request);
    if (invalid !== undefined) return err("invalid_request", invalid, "never");
    const key = request.idempotencyKey;
    if (key === undefined) return this.#create(request);
    const created = this.#queue.then(() => this.#createOnce(key, request));
    this.#queue = created.catch(() => {});
    return created;
  }

  async #createOnce(
    key: string,
    request: InvoiceRequest & { readonly jit?: JitHop },
  ): Promise<Result<InboundPayment, InvoiceErrorCode>> {
    const use = await this.#session.payments.keyUse(key);
    if (use === undefined) return this.#create(request);
    if (use.terms !== terms(request)) {
      return idempotencyConflict();
    }
    // the record may not be durable yet
    await this.#session.loop.released();
    const payment = await this.#session.payments.byNumber(use.number);
    if (payment?.direction !== "inbound") throw new Error("an idempotency key without its payment");
    return ok(payment);
  }

  #create(
    request: InvoiceRequest & { readonly jit?: JitHop },
  ): Promise<Result<InboundPayment, InvoiceErrorCode>> {
    const { loop, payments } = this.#session;
    const hold = request.hold === true || request.paymentHash !== undefined;
    return loop.run(
      {
        type: "createInvoice",
        expirySeconds: request.expirySeconds,
        ...(request.amountMsat === undefined ? {} : { amountMsat: request.amountMsat.toString() }),
        ...(request.descriptionHash === undefined
          ? { description: request.description ?? "" }
          : { descriptionHash: request.descriptionHash }),
        ...(request.minFinalCltvExpiryDelta === undefined
          ? {}
          : { minFinalCltvExpiryDelta: request.minFinalCltvExpiryDelta }),
        ...(request.paymentHash === undefined ? {} : { paymentHash: request.paymentHash }),
        ...(request.jit === undefined ? {} : { jit: request.jit }),
        hold,
      },
      (outcome, unit): Result<InboundPayment, InvoiceErrorCode> => {
        if (!outcome.ok) {
          return outcome.error.code === "badAmount"
            ? err("amount_invalid", outcome.error.message, "never")
            : refused(outcome.error);
        }
        if (outcome.value.type !== "invoiceCreated") return unexpected(outcome);
        const { invoice, paymentHash, expiresAtSeconds } = outcome.value;
        const payment = payments.create<InboundPayment>(
          unit,
          {
            direction: "inbound",
            kind: "bolt11",
            state: "open",
            paymentHash,
            idempotencyKey: request.idempotencyKey ?? null,
            description: request.description ?? null,
            request: invoice,
            amountMsat: request.amountMsat ?? null,
            receivedMsat: null,
            skimmedFeeMsat: null,
            maxSkimmedFeeMsat: toMsatOrNull(request.jit?.maxOpeningFeeMsat),
            hold,
            foreignHash: request.paymentHash !== undefined,
            claimDeadlineHeight: null,
            expiresAt: expiresAtSeconds * 1000,
          },
          { terms: terms(request) },
        );
        if (expiryOf(payment) < this.#nextExpiryCheckAt)
          unit.afterRelease(() => this.#planExpiry());
        return ok(payment);
      },
    );
  }

  async claim(
    paymentHash: string,
    preimage?: string,
  ): Promise<Result<InboundPayment, HeldErrorCode>> {
    const found = await this.#find(paymentHash);
    if (!found.ok) return found;
    const payment = found.value;
    if (payment.state === "claimed" || (payment.state === "claiming" && preimage === undefined))
      return ok(payment);
    if (payment.state !== "held" && payment.state !== "claiming") return notHeld(payment);
    if (payment.foreignHash !== (preimage !== undefined)) {
      const message = payment.foreignHash
        ? "Pass the preimage: the payment hash was supplied by the caller."
        : "Pass no preimage: the node generated it.";
      return err("preimage_invalid", message, "never");
    }
    if (preimage !== undefined && !isHex(preimage, 32)) {
      return err("preimage_invalid", "A preimage is 32 bytes as hex.", "never");
    }
    return this.#claimInCore(payment, preimage);
  }

  #claimInCore(
    payment: InboundPayment,
    preimage: string | undefined,
  ): Promise<Result<InboundPayment, HeldErrorCode>> {
    const { loop, payments, logger } = this.#session;
    const { paymentHash } = payment;
    return loop.run(
      { type: "claimPayment", paymentHash, ...(preimage === undefined ? {} : { preimage }) },
      (outcome, unit): Result<InboundPayment, HeldErrorCode> => {
        const current = payments.inbound(paymentHash) ?? payment;
        if (!outcome.ok) {
          if (current.state === "claiming" || current.state === "claimed") return ok(current);
          if (outcome.error.code === "badInput") {
            return err(
              "preimage_invalid",
              "The preimage does not match the payment hash.",
              "never",
            );
          }
          logger.warn(
            { paymentHash, reason: outcome.error.message },
            "claim refused: the core does not hold this payment",
          );
          return notHeld(current);
        }
        return ok(
          current.state === "held"
            ? payments.update(unit, current, { state: "claiming" })
            : current,
        );
      },
    );
  }

  async fail(paymentHash: string): Promise<Result<InboundPayment, HeldErrorCode>> {
    const found = await this.#find(paymentHash);
    if (!found.ok) return found;
    const payment = found.value;
    if (payment.state === "returned" || payment.state === "returning") return ok(payment);
    if (payment.state !== "held") return notHeld(payment);
    return this.#failInCore(payment);
  }

  #failInCore(payment: InboundPayment): Promise<Result<InboundPayment, HeldErrorCode>> {
    const { loop, payments } = this.#session;
    const { paymentHash } = payment;
    return loop.run(
      { type: "failPayment", paymentHash },
      (outcome, unit): Result<InboundPayment, HeldErrorCode> => {
        const current = payments.inbound(paymentHash) ?? payment;
        if (isFinal(current)) return current.state === "returned" ? ok(current) : notHeld(current);
        if (outcome.ok) {
          return ok(
            current.state === "held"
              ? payments.update(unit, current, { state: "returning" })
              : current,
          );
        }
        // the core no longer holds it and never claimed it: the HTLC has been failed back
        return current.state === "returning"
          ? ok(payments.update(unit, current, { state: "returned" }))
          : notHeld(current);
      },
    );
  }

  onEvent(
    event: Extract<
      Event,
      { type: "paymentClaimable" | "paymentClaimed" | "paymentRefused" | "htlcFailed" }
    >,
    unit: UnitOfWork,
  ): void {
    if (event.paymentHash === null) return;
    const known = this.#session.payments.inbound(event.paymentHash);
    switch (event.type) {
      case "paymentClaimable":
        this.#onClaimable(event, known, unit);
        break;
      case "paymentClaimed":
        this.#onClaimed(event, known, unit);
        break;
      case "paymentRefused":
        this.#session.logger.warn(
          { paymentHash: event.paymentHash, skimmedFeeMsat: event.skimmedFeeMsat },
          "the LSP kept more than agreed: payment failed back",
        );
        break;
      case "htlcFailed":
        // failed by us, or by LDK at the claim deadline
        if (known !== undefined && ["held", "returning", "claiming"].includes(known.state)) {
          this.#session.payments.update(unit, known, { state: "returned" });
        }
        break;
    }
  }

  #onClaimable(
    event: Extract<Event, { type: "paymentClaimable" }>,
    known: InboundPayment | undefined,
    unit: UnitOfWork,
  ): void {
    const { loop, payments, logger } = this.#session;
    const { paymentHash } = event;
    // A claimed payment that arrives again is another one to the same hash: left alone it would block the channel until
    // its deadline. Failing it does nothing to the claimed one, also if LDK only repeats an event after a restart.
    if (known === undefined || isFinal(known)) {
      logger.warn({ paymentHash }, "no open invoice for this payment: failed back");
      loop.command({ type: "failPayment", paymentHash }, () => {});
      return;
    }
    payments.update(unit, known, {
      ...(known.state === "open" ? { state: "held" } : {}),
      receivedMsat: toMsat(event.amountMsat),
      skimmedFeeMsat: toMsat(event.skimmedFeeMsat),
      claimDeadlineHeight: event.claimDeadlineHeight,
    });
  }

  #onClaimed(
    event: Extract<Event, { type: "paymentClaimed" }>,
    known: InboundPayment | undefined,
    unit: UnitOfWork,
  ): void {
    const { payments } = this.#session;
    const received = {
      receivedMsat: toMsat(event.amountMsat),
      skimmedFeeMsat: toMsat(event.skimmedFeeMsat),
    };
    if (known === undefined) {
      payments.create<InboundPayment>(unit, {
        direction: "inbound",
        kind: event.kind === "spontaneous" ? "keysend" : event.kind,
        state: "claimed",
        paymentHash: event.paymentHash,
        idempotencyKey: null,
        description: null,
        request: null,
        amountMsat: null,
        ...received,
        maxSkimmedFeeMsat: null,
        hold: false,
        foreignHash: false,
        claimDeadlineHeight: null,
        expiresAt: null,
      });
      return;
    }
    // LDK may repeat the event after a restart
    if (known.state === "claimed") return;
    if (known.state === "returned") {
      this.#session.logger.error(
        { paymentHash: event.paymentHash },
        "payment claimed although it was failed back",
      );
      return;
    }
    payments.update(unit, known, { state: "claimed", ...received });
  }

  async #find(paymentHash: string): Promise<Result<InboundPayment, HeldErrorCode>> {
    const { payments } = this.#session;
    const inMemory = payments.inbound(paymentHash);
    if (inMemory !== undefined) return ok(inMemory);
    const payment = isHex(paymentHash, 32)
      ? await payments.find(paymentHash, "inbound")
      : undefined;
    if (payment?.direction !== "inbound") {
      return err("payment_not_found", "This node has no invoice with this payment hash.", "never");
    }
    return ok(payment);
  }

  #planExpiry(): void {
    this.#cancelExpiry?.();
    const expiries = this.#session.payments
      .open()
      .filter((payment) => payment.direction === "inbound")
      .filter(({ state }) => state === "open")
      .map(expiryOf);
    const now = this.#session.clock.now();
    const first = Math.min(...expiries, now + maxTimerMs);
    this.#nextExpiryCheckAt = expiries.length === 0 ? Infinity : first;
    if (expiries.length === 0) return;
    this.#cancelExpiry = this.#session.clock.after(Math.max(first - now, 0) + 1, () =>
      this.#expire(),
    );
  }

  #expire(): void {
    const { loop, payments, clock } = this.#session;
    loop.queueChange((unit) => {
      const now = clock.now();
      for (const payment of payments.open()) {
        if (payment.direction !== "inbound" || payment.state !== "open") continue;
        if (expiryOf(payment) <= now) payments.update(unit, payment, { state: "expired" });
      }
      unit.afterRelease(() => this.#planExpiry());
    });
  }
}

/**
 * When an open invoice's record becomes `expired`. A hold invoice expires on time; an ordinary one later, because an
 * HTLC that was on its way is still claimed.
 */
function expiryOf(payment: InboundPayment): number {
  return (payment.expiresAt ?? Infinity) + (payment.hold ? 0 : lateHtlcMs);
}

function notHeld(payment: InboundPayment) {
  return err("payment_not_held", `The payment is ${payment.state}.`, "never");
}

function terms(request: InvoiceRequest & { readonly jit?: JitHop }): string {
  const { idempotencyKey: _, jit, ...rest } = request;
  return utf8ToText(
    encodeJson([
      "invoice",
      jit === undefined ? null : jit.lspNodeId,
      ...Object.entries(rest).toSorted(([a], [b]) => compareText(a, b)),
    ]),
  );
}

function validationError(request: InvoiceRequest): string | undefined {
  if (
    !Number.isInteger(request.expirySeconds) ||
    request.expirySeconds < 1 ||
    request.expirySeconds > maxExpirySeconds
  ) {
    return `expirySeconds must be a whole number from 1 to ${maxExpirySeconds}.`;
  }
  if (request.description !== undefined && request.descriptionHash !== undefined) {
    return "Pass either description or descriptionHash, not both.";
  }
  if (request.descriptionHash !== undefined && !isHex(request.descriptionHash, 32)) {
    return "descriptionHash must be 32 bytes as hex.";
  }
  if (request.paymentHash !== undefined && !isHex(request.paymentHash, 32)) {
    return "paymentHash must be 32 bytes as hex.";
  }
  return idempotencyKeyError(request.idempotencyKey);
}
