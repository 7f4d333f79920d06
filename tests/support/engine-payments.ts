import type { Payment, PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { LightningNode } from "@satsconnect/lightning";
import { msat, valueOf } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { waitFor } from "../../scripts/support/processes.ts";
import type { Engine } from "./engine-world.ts";

/** The engine's view of a payment; retries while the engine cannot answer. */
export async function paymentOn(engine: Engine, paymentHash: string): Promise<Payment | undefined> {
  let payment: Payment | undefined;
  await waitFor("the engine's answer", async () => {
    const answer = await engine.client.payment.getPaymentStatus(
      { paymentHash },
      { deadlineMs: 5_000 },
    );
    if (!answer.ok && answer.error.code !== "payment_not_found") return false;
    payment = answer.ok ? answer.value.payment : undefined;
    return true;
  });
  return payment;
}

/** Waits until the engine's payment is in this state. */
export async function untilState(
  engine: Engine,
  paymentHash: string,
  state: PaymentState,
  timeoutMs = 40_000,
): Promise<Payment> {
  let last: Payment | undefined;
  await waitFor(
    `state ${state} of ${paymentHash.slice(0, 8)}`,
    async () => {
      last = await paymentOn(engine, paymentHash);
      if (last?.state === state) return true;
      throw new Error(
        `The payment's state is ${last?.state ?? "unknown"} ${last?.failureReason ?? ""}`,
      );
    },
    timeoutMs,
  );
  if (last === undefined) throw new Error("The payment was not found");
  return last;
}

/** A request to pay an invoice from the treasury. */
export function payRequest(idempotencyKey: string, invoice: string, amountMsat: bigint) {
  return {
    idempotencyKey,
    action: {
      $case: "pay" as const,
      value: { invoice, amountMsat, feeLimitMsat: 0n, expectedNodeId: "" },
    },
  };
}

/** A wallet's invoice with a route hint for the channel that the engine will open for it. */
export async function jitInvoice(
  node: LightningNode,
  engineId: string,
  amountMsat: Msat,
  expirySeconds = 600,
) {
  const jit = valueOf(
    await node.createJitInvoice({
      lsp: engineId,
      amountMsat,
      description: "buy",
      expirySeconds,
      maxOpeningFeeMsat: msat(20_000_000n),
    }),
  );
  return { invoice: jit.invoice, paymentHash: jit.payment.paymentHash, fee: jit.openingFeeMsat };
}

/** A plain invoice of a node. */
export async function invoiceOf(node: LightningNode, amountMsat: Msat, expirySeconds = 600) {
  const made = valueOf(
    await node.createInvoice({ amountMsat, description: "test", expirySeconds }),
  );
  return { invoice: made.request ?? "", paymentHash: made.paymentHash };
}
