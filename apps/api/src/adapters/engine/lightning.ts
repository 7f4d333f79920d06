import type { EngineClient } from "@satsconnect/contracts/grpc";
import { PaymentDirection, PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { FailureReason, Payment } from "@satsconnect/contracts/grpc/payment";
import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import { err, msat, ok, zeroMsat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { LightningReport } from "../../domain/facts.ts";
import type { Lightning } from "../../app/orders/ports.ts";

/** Deadlines of one call. A call that changes something waits until the node has stored the change durably. */
const readDeadlineMs = 3_000;
const writeDeadlineMs = 8_000;

/** The Lightning port of orders, over the engine's gRPC. */
export function createLightning(engine: EngineClient): Lightning {
  return {
    newHoldInvoice: async ({
      orderId,
      walletId,
      amountMsat,
      description,
      expirySeconds,
      holdBlocks,
    }) => {
      const made = await engine.wallet.newInvoice(
        {
          idempotencyKey: `order:${orderId}:invoice`,
          walletId,
          kind: InvoiceKind.HELD,
          amountMsat,
          description,
          expirySeconds,
          holdBlocks,
          paymentHash: "",
        },
        { deadlineMs: writeDeadlineMs, correlationId: orderId },
      );
      if (!made.ok) return made;
      const { invoice, paymentHash, expiresAtMs } = made.value;
      return ok({ invoice, paymentHash, invoiceExpiresAt: Number(expiresAtMs) });
    },

    pay: async ({ idempotencyKey, invoice, amountMsat, maxFeeMsat, expectedNodeId }) =>
      reportOf(
        await engine.payment.processPayment(
          {
            idempotencyKey,
            action: {
              $case: "pay",
              value: { invoice, amountMsat, feeLimitMsat: maxFeeMsat, expectedNodeId },
            },
          },
          { deadlineMs: writeDeadlineMs, correlationId: idempotencyKey },
        ),
      ),

    claim: async ({ idempotencyKey, paymentHash }) =>
      reportOf(
        await engine.payment.processPayment(
          {
            idempotencyKey,
            action: { $case: "claim", value: { paymentHash, preimage: Buffer.alloc(0) } },
          },
          { deadlineMs: writeDeadlineMs, correlationId: idempotencyKey },
        ),
      ),

    failPayment: async ({ idempotencyKey, paymentHash }) =>
      reportOf(
        await engine.payment.processRefund(
          { idempotencyKey, paymentHash },
          { deadlineMs: writeDeadlineMs, correlationId: idempotencyKey },
        ),
      ),

    status: async (paymentHash) => {
      const answer = await engine.payment.getPaymentStatus(
        { paymentHash },
        { deadlineMs: readDeadlineMs },
      );
      if (!answer.ok && notFoundCodes.has(answer.error.code)) return ok(null);
      return reportOf(answer);
    },

    estimateChannelOpen: async ({ walletId, amountMsat }) => {
      const answer = await engine.node.estimateChannelOpen(
        { walletId, amountMsat },
        { deadlineMs: readDeadlineMs },
      );
      if (!answer.ok) return answer;
      const { needed, feeMsat, minimumAmountMsat } = answer.value;
      return ok({ needed, feeMsat: msat(feeMsat), minAmountMsat: msat(minimumAmountMsat) });
    },

    tip: async () => {
      const answer = await engine.node.getInfo({}, { deadlineMs: readDeadlineMs });
      if (!answer.ok) return answer;
      return ok({ height: answer.value.tipHeight, reliable: answer.value.chainSynced });
    },

    spendableMsat: async () => {
      const answer = await engine.node.getTreasury({}, { deadlineMs: readDeadlineMs });
      if (!answer.ok) return answer;
      const treasury = answer.value;
      const onChainSat = treasury.onChainConfirmedSat - treasury.anchorReserveSat;
      const owned = treasury.channelsLocalMsat + positive(onChainSat) * 1_000n;
      const allowed = positive(treasury.dailyCapMsat - treasury.dailySpentMsat);
      return ok(msat(owned < allowed ? owned : allowed));
    },
  };
}

const notFoundCodes: ReadonlySet<string> = new Set(["payment_not_found", "grpc_not_found"]);

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

function reportOf(
  answer: Result<{ readonly payment: Payment | undefined; readonly tipHeight?: number }>,
): Result<LightningReport> {
  if (!answer.ok) return answer;
  const { payment, tipHeight = 0 } = answer.value;
  const report = payment === undefined ? null : lightningReport(payment, tipHeight);
  return report === null
    ? err(
        "engine_answer_malformed",
        "The Lightning node's answer has an unknown state or direction.",
        "unknown",
      )
    : ok(report);
}

const states: Partial<Record<PaymentState, LightningReport["state"]>> = {
  [PaymentState.OPEN]: "open",
  [PaymentState.HELD]: "held",
  [PaymentState.CLAIMING]: "claiming",
  [PaymentState.PENDING]: "pending",
  [PaymentState.IN_FLIGHT]: "in_flight",
  [PaymentState.SUCCEEDED]: "succeeded",
  [PaymentState.FAILED]: "failed",
  [PaymentState.RETURNED]: "returned",
  [PaymentState.EXPIRED]: "expired",
};

/** Returns null for a state or direction that this version does not know. */
export function lightningReport(payment: Payment, tipHeight: number): LightningReport | null {
  const state = states[payment.state];
  if (state === undefined || payment.direction === PaymentDirection.UNRECOGNIZED) return null;
  return {
    paymentHash: payment.paymentHash,
    direction: payment.direction === PaymentDirection.OUTBOUND ? "outbound" : "inbound",
    state,
    receivedMsat: amount(payment.receivedMsat),
    feeMsat: amount(payment.feeMsat),
    failure: state === "failed" ? failureCode(payment.failureReason) : null,
    claimDeadlineHeight: payment.claimDeadlineHeight,
    tipHeight,
  };
}

function amount(value: bigint): Msat {
  return value === 0n ? zeroMsat : msat(value);
}

function failureCode(reason: FailureReason): string {
  return reason.replace("FAILURE_REASON_", "").toLowerCase();
}
