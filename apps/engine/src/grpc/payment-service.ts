import { status } from "@grpc/grpc-js";
import { failureToServiceError } from "@satsconnect/contracts/grpc";
import type {
  PaymentEvent,
  PaymentServiceServer,
  PaymentStreamRequest,
  ProcessPaymentResponse,
} from "@satsconnect/contracts/grpc/payment";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { isInvoiceFor } from "@satsconnect/lightning";
import type { InboundPayment, Payment } from "@satsconnect/lightning";
import { err, maxFinalCltvBlocks, maxRoutingFee, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { ChainGuard } from "../bitcoin/chain-guard.ts";
import type { LightningBackend } from "../lightning/backend.ts";
import { minInvoiceRemainingMs } from "../policy.ts";
import type { RequestKeys } from "../store/request-keys.ts";
import { toServiceError, unary } from "./call.ts";
import type { CallContext } from "./call.ts";
import { decoded } from "./decoding.ts";
import { wirePayment } from "./payment-mapping.ts";
import {
  amountField,
  canonicalInvoice,
  checked,
  hashField,
  invoiceField,
  keyField,
  nodeIdField,
  positiveAmountField,
} from "./validation.ts";

const payRequest = z.object({
  invoice: invoiceField.transform(canonicalInvoice),
  feeLimitMsat: amountField,
  expectedNodeId: z.union([nodeIdField, z.literal("")], {
    error: "must be a node id: 33 bytes in hex, lower case, or empty",
  }),
  amountMsat: positiveAmountField,
  sendByMs: z.bigint().min(0n, { error: "must not be negative" }).optional(),
});
const claimRequest = z.object({
  paymentHash: hashField,
  preimage: z.instanceof(Uint8Array).refine((bytes) => [0, 32].includes(bytes.length), {
    error: "must be empty or 32 bytes",
  }),
});
const failRequest = z.object({ paymentHash: hashField, idempotencyKey: keyField });
const statusRequest = z.object({ paymentHash: hashField });

export type PaymentServiceOptions = {
  readonly backend: LightningBackend;
  readonly keys: RequestKeys;
  readonly chain: ChainGuard;
  readonly context: CallContext;
};

/** `satsconnect.payment.v1.PaymentService` over a Lightning backend. */
export function paymentService(options: PaymentServiceOptions): PaymentServiceServer {
  const { backend, keys, context } = options;
  const { logger } = context;

  const respond = (payment: Payment) => ({
    payment: wirePayment(payment),
    tipHeight: backend.tip().height,
  });

  function payable(request: z.infer<typeof payRequest>): Result<void> {
    const decoded = backend.decodeInvoice(request.invoice);
    if (!decoded.ok) return decoded;
    const invoice = decoded.value;
    if (!isInvoiceFor(backend.network, invoice)) {
      return err(
        "invoice_wrong_network",
        `The invoice is for the network ${invoice.network}, not ${backend.network}.`,
        "never",
      );
    }
    if (invoice.amountMsat === null) {
      return err("amount_invalid", "The invoice has no amount.", "never");
    }
    if (invoice.amountMsat !== request.amountMsat) {
      return err("amount_mismatch", "The invoice is for a different amount.", "never");
    }
    if (request.expectedNodeId !== "" && invoice.payee !== request.expectedNodeId) {
      return err("payee_mismatch", "The invoice is from a different node.", "never");
    }
    if (invoice.payee === backend.nodeId) {
      return err("payee_mismatch", "The invoice is from the engine itself.", "never");
    }
    if (invoice.minFinalCltvExpiryDelta > maxFinalCltvBlocks) {
      return err(
        "final_cltv_too_high",
        `The payee could hold the payment for ${invoice.minFinalCltvExpiryDelta} blocks; at most ${maxFinalCltvBlocks} are allowed.`,
        "never",
      );
    }
    const mostFee = maxRoutingFee(invoice.amountMsat);
    if (request.feeLimitMsat > mostFee) {
      return err(
        "cap_exceeded",
        `The routing fee of this payment may be at most ${mostFee} msat.`,
        "never",
      );
    }
    if (invoice.expiresAt < context.now() + minInvoiceRemainingMs) {
      return err("invoice_expired", "The invoice has expired.", "never");
    }
    return options.chain();
  }

  async function pay(
    idempotencyKey: string,
    request: z.infer<typeof payRequest>,
  ): Promise<Result<ProcessPaymentResponse>> {
    const known = await backend.paymentByKey(idempotencyKey);
    // An existing payment is returned even if its invoice has expired since.
    if (known === undefined) {
      const allowed = payable(request);
      if (!allowed.ok) return allowed;
    }
    const bound = await keys.bind(idempotencyKey, "pay", [
      request.invoice,
      request.amountMsat,
      request.feeLimitMsat,
      request.expectedNodeId,
    ]);
    if (!bound.ok) return bound;
    if (known !== undefined) return ok(respond(known));
    const paid = await backend.pay({
      idempotencyKey,
      invoice: request.invoice,
      maxFeeMsat: msat(request.feeLimitMsat),
      ...(request.sendByMs === undefined ? {} : { sendBy: Number(request.sendByMs) }),
    });
    return paid.ok ? ok(respond(paid.value)) : paid;
  }

  async function heldPayment(
    paymentHash: string,
  ): Promise<Result<InboundPayment, "payment_not_found" | "payment_not_held">> {
    const payment = await backend.payment(paymentHash);
    if (payment === undefined || payment.direction !== "inbound") {
      return err("payment_not_found", "No payment has this hash.", "never");
    }
    if (!payment.hold) {
      return err("payment_not_held", "This payment does not belong to a hold invoice.", "never");
    }
    return ok(payment);
  }

  async function claim(
    idempotencyKey: string,
    request: z.infer<typeof claimRequest>,
  ): Promise<Result<ProcessPaymentResponse>> {
    const found = await heldPayment(request.paymentHash);
    if (!found.ok) return found;
    const bound = await keys.bind(idempotencyKey, "claim", [request.paymentHash]);
    if (!bound.ok) return bound;
    switch (found.value.state) {
      case "claimed":
      case "claiming":
        return ok(respond(found.value));
      case "returned":
      case "returning":
        return err("payment_returned", "This payment has been failed back to the payer.", "never");
      case "open":
        return err("payment_not_held", "This invoice has not been paid yet.", "never");
      case "expired":
        return err("payment_not_held", "This invoice expired without a payment.", "never");
      case "held": {
        const preimage =
          request.preimage.length === 0 ? undefined : Buffer.from(request.preimage).toString("hex");
        const claimed = await backend.claimHeld(request.paymentHash, preimage);
        return claimed.ok ? ok(respond(claimed.value)) : claimed;
      }
    }
  }

  async function failHeld(idempotencyKey: string, paymentHash: string): Promise<Result<Payment>> {
    const found = await heldPayment(paymentHash);
    if (!found.ok) return found;
    const bound = await keys.bind(idempotencyKey, "refund", [paymentHash]);
    if (!bound.ok) return bound;
    switch (found.value.state) {
      case "returned":
      case "returning":
        return found;
      case "claimed":
      case "claiming":
        return err("payment_claimed", "This payment has already been claimed.", "never");
      case "open":
        return err("payment_not_held", "This invoice has not been paid yet.", "never");
      case "expired":
        return err("payment_not_held", "This invoice expired without a payment.", "never");
      case "held":
        return backend.failHeld(paymentHash);
    }
  }

  return {
    processPayment: unary(
      context,
      async (request) => {
        const key = checked(z.object({ idempotencyKey: keyField }), request);
        if (!key.ok) return key;
        const { idempotencyKey } = key.value;
        switch (request.action?.$case) {
          case "pay": {
            const terms = checked(payRequest, request.action.value);
            return terms.ok ? pay(idempotencyKey, terms.value) : terms;
          }
          case "claim": {
            const terms = checked(claimRequest, request.action.value);
            return terms.ok ? claim(idempotencyKey, terms.value) : terms;
          }
          case undefined:
            return err("invalid_request", "action: must be pay or claim", "never");
        }
      },
      { mutating: true },
    ),
    getPaymentStatus: unary(context, async (request) => {
      const terms = checked(statusRequest, request);
      if (!terms.ok) return terms;
      const payment = await backend.payment(terms.value.paymentHash);
      return payment === undefined
        ? err("payment_not_found", "No payment has this hash.", "never")
        : ok(respond(payment));
    }),
    processRefund: unary(
      context,
      async (request) => {
        const terms = checked(failRequest, request);
        if (!terms.ok) return terms;
        const failed = await failHeld(terms.value.idempotencyKey, terms.value.paymentHash);
        return failed.ok ? ok({ payment: wirePayment(failed.value) }) : failed;
      },
      { mutating: true },
    ),
    paymentStream: (call: ServerWritableStream<PaymentStreamRequest, PaymentEvent>) => {
      const readable = decoded(call.request);
      if (readable.ok) void serveStream(call);
      else call.emit("error", toServiceError(readable.error));
    },
  };

  async function serveStream(
    call: ServerWritableStream<PaymentStreamRequest, PaymentEvent>,
  ): Promise<void> {
    const abort = new AbortController();
    call.on("cancelled", () => abort.abort());
    call.on("close", () => abort.abort());
    try {
      await streamPayments(backend, call, abort.signal);
      call.end();
    } catch (error) {
      logger.error(
        { reason: error instanceof Error ? error.message : "?" },
        "payment stream failed",
      );
      const failure = {
        code: "stream_broken",
        message: "The stream broke. Subscribe again from the last sequence you received.",
        retry: "safe",
      } as const;
      call.emit("error", failureToServiceError(failure, status.UNAVAILABLE));
    }
  }
}

/** Sequence numbers stay below 2^53; a larger cursor is clamped. */
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
