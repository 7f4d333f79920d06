import { status } from "@grpc/grpc-js";
import { failureToServiceError } from "@satsconnect/contracts/grpc";
import type {
  PaymentEvent,
  PaymentServiceServer,
  PaymentStreamRequest,
  ProcessPaymentResponse,
} from "@satsconnect/contracts/grpc/payment";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { InboundPayment, Payment } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { LightningBackend } from "../lightning/backend.ts";
import type { Logger } from "../logger.ts";
import { unary } from "./call.ts";
import { wirePayment } from "./payment-mapping.ts";
import {
  amountField,
  checked,
  hashField,
  invoiceField,
  keyField,
  nodeIdField,
  positiveAmountField,
} from "./validation.ts";

const payRequest = z.object({
  invoice: invoiceField,
  feeLimitMsat: amountField,
  expectedNodeId: z.union([nodeIdField, z.literal("")]),
  amountMsat: positiveAmountField,
});
const claimRequest = z.object({
  paymentHash: hashField,
  preimage: z.instanceof(Uint8Array).refine((bytes) => [0, 32].includes(bytes.length), {
    error: "must be empty or 32 bytes",
  }),
});
const refundRequest = z.object({ paymentHash: hashField, idempotencyKey: keyField });
const statusRequest = z.object({ paymentHash: hashField });

/** An invoice must live this long yet: it is not paid in the last moment. */
const expiryMarginMs = 3_000;

export type PaymentServiceOptions = {
  readonly backend: LightningBackend;
  readonly logger: Logger;
  readonly now: () => number;
};

/** `satsconnect.payment.v1.PaymentService` over a Lightning backend. */
export function paymentService(options: PaymentServiceOptions): PaymentServiceServer {
  const { backend, logger } = options;

  const respond = (
    payment: Payment,
  ): { payment: ReturnType<typeof wirePayment>; tipHeight: number } => ({
    payment: wirePayment(payment),
    tipHeight: backend.tip().height,
  });

  async function pay(
    idempotencyKey: string,
    request: z.infer<typeof payRequest>,
  ): Promise<Result<ProcessPaymentResponse>> {
    const known = await backend.paymentByKey(idempotencyKey);
    if (known !== undefined) {
      const same = known.direction === "outbound" && known.request === request.invoice;
      return same
        ? ok(respond(known))
        : err("idempotency_conflict", "This key belongs to another payment.", "never");
    }
    const decoded = backend.decodeInvoice(request.invoice);
    if (!decoded.ok) return decoded;
    const invoice = decoded.value;
    if (invoice.network !== backend.network) {
      return err("invoice_wrong_network", `The invoice is for ${invoice.network}.`, "never");
    }
    if (invoice.amountMsat !== request.amountMsat) {
      return err("amount_mismatch", "The invoice asks for another amount.", "never");
    }
    if (request.expectedNodeId !== "" && invoice.payee !== request.expectedNodeId) {
      return err("payee_mismatch", "The invoice is another node's.", "never");
    }
    if (invoice.expiresAt < options.now() + expiryMarginMs) {
      return err("invoice_expired", "The invoice has ended.", "never");
    }
    const paid = await backend.pay({
      idempotencyKey,
      invoice: request.invoice,
      feeLimitMsat: msat(request.feeLimitMsat),
    });
    return paid.ok ? ok(respond(paid.value)) : paid;
  }

  async function held(
    paymentHash: string,
  ): Promise<Result<InboundPayment, "payment_not_found" | "payment_not_held">> {
    const payment = await backend.payment(paymentHash);
    if (payment === undefined || payment.direction !== "inbound") {
      return err("payment_not_found", "The engine knows no such payment.", "never");
    }
    if (!payment.hold) {
      return err("payment_not_held", "This payment is not one that is held.", "never");
    }
    return ok(payment);
  }

  async function claim(
    request: z.infer<typeof claimRequest>,
  ): Promise<Result<ProcessPaymentResponse>> {
    const found = await held(request.paymentHash);
    if (!found.ok) return found;
    switch (found.value.state) {
      case "claimed":
      case "claiming":
        return ok(respond(found.value));
      case "returned":
      case "returning":
        return err("payment_returned", "This payment was handed back.", "never");
      case "open":
        return err("payment_not_held", "This invoice has not been paid yet.", "never");
      case "expired":
        return err("payment_not_held", "This invoice ended without a payment.", "never");
      case "held": {
        const preimage =
          request.preimage.length === 0 ? undefined : Buffer.from(request.preimage).toString("hex");
        const claimed = await backend.claim(request.paymentHash, preimage);
        return claimed.ok ? ok(respond(claimed.value)) : claimed;
      }
    }
  }

  async function refund(paymentHash: string): Promise<Result<Payment>> {
    const found = await held(paymentHash);
    if (!found.ok) return found;
    switch (found.value.state) {
      case "returned":
      case "returning":
        return found;
      case "claimed":
      case "claiming":
        return err("payment_claimed", "This payment was already taken.", "never");
      case "open":
        return err("payment_not_held", "This invoice has not been paid yet.", "never");
      case "expired":
        return err("payment_not_held", "This invoice ended without a payment.", "never");
      case "held":
        return backend.refund(paymentHash);
    }
  }

  return {
    processPayment: unary(logger, async (request) => {
      const key = checked(keyField, request.idempotencyKey);
      if (!key.ok) return err("request_invalid", `idempotencyKey ${key.error.message}`, "never");
      switch (request.action?.$case) {
        case "pay": {
          const terms = checked(payRequest, request.action.value);
          return terms.ok ? pay(key.value, terms.value) : terms;
        }
        case "claim": {
          const terms = checked(claimRequest, request.action.value);
          return terms.ok ? claim(terms.value) : terms;
        }
        case undefined:
          return err("request_invalid", "action: say pay or claim", "never");
      }
    }),
    getPaymentStatus: unary(logger, async (request) => {
      const terms = checked(statusRequest, request);
      if (!terms.ok) return terms;
      const payment = await backend.payment(terms.value.paymentHash);
      return payment === undefined
        ? err("payment_not_found", "The engine knows no such payment.", "never")
        : ok(respond(payment));
    }),
    processRefund: unary(logger, async (request) => {
      const terms = checked(refundRequest, request);
      if (!terms.ok) return terms;
      const refunded = await refund(terms.value.paymentHash);
      return refunded.ok ? ok({ payment: wirePayment(refunded.value) }) : refunded;
    }),
    paymentStream: (call: ServerWritableStream<PaymentStreamRequest, PaymentEvent>) => {
      const abort = new AbortController();
      call.on("cancelled", () => {
        abort.abort();
      });
      call.on("close", () => {
        abort.abort();
      });
      streamPayments(backend, call, abort.signal).then(
        () => {
          call.end();
        },
        (error: unknown) => {
          logger.error({ error: error instanceof Error ? error.message : "?" }, "stream failed");
          call.emit(
            "error",
            failureToServiceError(
              {
                code: "internal_error",
                message: "The stream broke. Subscribe again.",
                retry: "safe",
              },
              status.INTERNAL,
            ),
          );
        },
      );
    },
  };
}

/** Sequences fit a double for the next 9 × 10^15 events; a cursor beyond that is nobody's. */
function cursorOf(afterSequence: bigint): number {
  return afterSequence > BigInt(Number.MAX_SAFE_INTEGER)
    ? Number.MAX_SAFE_INTEGER
    : Number(afterSequence);
}

async function streamPayments(
  backend: LightningBackend,
  call: ServerWritableStream<PaymentStreamRequest, PaymentEvent>,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of backend.events(cursorOf(call.request.afterSequence), signal)) {
    if (event.type !== "payment") continue;
    const sent = call.write({
      sequence: BigInt(event.sequence),
      payment: wirePayment(event.payment),
      tipHeight: event.tipHeight,
    });
    if (!sent && !signal.aborted) await drained(call, signal);
  }
}

function drained(call: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.removeListener("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    call.once("drain", done);
    signal.addEventListener("abort", done);
  });
}
