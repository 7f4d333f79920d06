import type { EngineClient } from "@satsconnect/contracts/grpc";
import { PaymentState } from "@satsconnect/contracts/grpc/payment";
import { err, formatMsat, maxRoutingFee, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import { storableText } from "../storable-text.ts";
import { engineUnavailable } from "../engine-unavailable.ts";
import { decodeInvoice } from "../../domain/bolt11.ts";
import type { InvoiceNetwork } from "../../domain/bolt11.ts";
import { paymentLimits } from "../../domain/policy.ts";
import type { WalletPaymentStore } from "./payment-store.ts";

export type CheckedSend = {
  readonly id: string;
  readonly invoice: string;
  readonly paymentHash: string;
  readonly payeeNodeId: string;
  readonly amountMsat: Msat;
  readonly description: string;
  readonly expiresAt: number;
  readonly routeFound: boolean;
  readonly estimatedFeeMsat: Msat;
  readonly maxFeeMsat: Msat;
  readonly estimatedCltvBlocks: number;
};

export type SendError =
  | "invoice_malformed"
  | "invoice_wrong_network"
  | "invoice_expired"
  | "invoice_already_paid"
  | "invoice_amount_missing"
  | "invoice_amount_mismatch"
  | "amount_above_maximum"
  | "engine_unavailable";

export type WalletPaymentsOptions = {
  readonly store: WalletPaymentStore;
  readonly engine: EngineClient;
  readonly network: InvoiceNetwork;
  readonly now: () => number;
};

/** Deadline of one call to the engine. */
const deadlineMs = 5_000;
const { maxPaymentMsat } = paymentLimits;
/**
 * Checks an invoice that a wallet wants to pay and records the payment. The invoice is decoded here and by the engine,
 * and refused unless both decode it to the same values. Moves no money: the wallet's own node sends the payment.
 */
export async function checkSend(
  { store, engine, network, now }: WalletPaymentsOptions,
  request: {
    readonly id: string;
    readonly walletId: string;
    readonly invoice: string;
    readonly amountMsat: Msat | null;
    readonly maxFeeMsat: Msat | null;
    readonly correlationId: string;
  },
): Promise<Result<CheckedSend, SendError>> {
  const callOptions = { deadlineMs, correlationId: request.correlationId };
  const decoded = decodeInvoice(request.invoice);
  if (!decoded.ok) return decoded;
  const { paymentHash, payeeNodeId, expiresAt } = decoded.value;
  if (decoded.value.network !== network) {
    return err(
      "invoice_wrong_network",
      `The invoice is for ${decoded.value.network}; this wallet is on ${network}.`,
      "never",
    );
  }
  if (expiresAt <= now()) {
    return err(
      "invoice_expired",
      `The invoice expired at ${new Date(expiresAt).toISOString()}. Ask for a new one.`,
      "never",
    );
  }
  const amount = agreedAmount(decoded.value.amountMsat, request.amountMsat);
  if (!amount.ok) return amount;
  const status = await engine.payment.getPaymentStatus({ paymentHash }, callOptions);
  if (
    status.ok &&
    status.value.payment !== undefined &&
    paidStates.has(status.value.payment.state)
  ) {
    return err("invoice_already_paid", "This invoice was paid before. Ask for a new one.", "never");
  }
  if (
    !status.ok &&
    status.error.code.startsWith("grpc_") &&
    status.error.code !== "grpc_not_found"
  ) {
    return engineUnavailable();
  }
  const checked = await engine.wallet.sendPayment(
    {
      walletId: request.walletId,
      invoice: request.invoice,
      amountMsat: decoded.value.amountMsat === null ? amount.value : undefined,
      feeLimitMsat: request.maxFeeMsat ?? undefined,
    },
    callOptions,
  );
  if (!checked.ok) return sendRefusal(checked.error.code, checked.error.message);
  const answer = checked.value;
  if (
    answer.paymentHash !== paymentHash ||
    answer.payeeNodeId !== payeeNodeId ||
    answer.amountMsat !== amount.value
  ) {
    return err(
      "invoice_malformed",
      "The invoice is ambiguous: the node reads it differently. Ask for a new one.",
      "never",
    );
  }
  const send: CheckedSend = {
    id: request.id,
    invoice: request.invoice,
    paymentHash,
    payeeNodeId,
    amountMsat: amount.value,
    description: storableText(decoded.value.description ?? ""),
    expiresAt,
    routeFound: answer.routeFound,
    estimatedFeeMsat: msat(answer.estimatedFeeMsat),
    maxFeeMsat: request.maxFeeMsat ?? maxRoutingFee(amount.value),
    estimatedCltvBlocks: answer.estimatedCltvBlocks,
  };
  await store.insertSend(request.walletId, { ...send, createdAt: now() });
  return ok(send);
}

/** The invoice's amount, or the payer's if the invoice has none. */
function agreedAmount(
  invoiced: Msat | null,
  requested: Msat | null,
): Result<Msat, "invoice_amount_missing" | "invoice_amount_mismatch" | "amount_above_maximum"> {
  if (invoiced !== null && requested !== null && invoiced !== requested) {
    return err(
      "invoice_amount_mismatch",
      `The invoice is for ${formatMsat(invoiced)}. Omit amountMsat.`,
      "never",
    );
  }
  const amount = invoiced ?? requested;
  if (amount === null)
    return err("invoice_amount_missing", "The invoice has no amount. Set amountMsat.", "never");
  return amount > maxPaymentMsat
    ? err(
        "amount_above_maximum",
        `A payment may be at most ${formatMsat(maxPaymentMsat)}.`,
        "never",
      )
    : ok(amount);
}

const paidStates: ReadonlySet<string> = new Set([
  PaymentState.SUCCEEDED,
  PaymentState.HELD,
  PaymentState.CLAIMING,
  PaymentState.IN_FLIGHT,
]);

function sendRefusal(code: string, message: string): Result<never, SendError> {
  switch (code) {
    case "invoice_malformed":
    case "invoice_wrong_network":
    case "invoice_expired":
    case "invoice_already_paid":
    case "invoice_amount_missing":
    case "invoice_amount_mismatch":
      return err(code, message, "never");
    case "amount_invalid":
    case "amount_mismatch":
      return err("invoice_amount_mismatch", message, "never");
    default:
      return engineUnavailable();
  }
}
