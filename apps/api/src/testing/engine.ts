import { randomUUID } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { FailureReason, PaymentDirection, PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { Payment } from "@satsconnect/contracts/grpc/payment";
import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { decodeInvoice } from "../domain/bolt11.ts";
import { makeInvoice } from "./invoice.ts";

export type TestEngine = EngineClient & {
  readonly nodeId: string;
  /** While false, every call fails like a call to an unreachable engine. */
  reachable: boolean;
  /** Changes a payment, as an update from the network would. */
  readonly updatePayment: (paymentHash: string, change: Partial<Payment>) => void;
  readonly payments: ReadonlyMap<string, Payment>;
};

/**
 * An in-memory engine without a Lightning node: wallets, held invoices and payments follow the rules of the gRPC
 * contract.
 */
export function createTestEngine(): TestEngine {
  const secretKey = secp256k1.utils.randomSecretKey();
  const nodeId = bytesToHex(secp256k1.getPublicKey(secretKey, true));
  const wallets = new Map<string, string>();
  const payments = new Map<string, Payment>();
  const invoices = new Map<string, { invoice: string; paymentHash: string; expiresAtMs: bigint }>();
  const tipHeight = 800;

  const whenReachable =
    <Request, Response>(answer: (request: Request) => Result<Response>) =>
    async (request: Request): Promise<Result<Response>> =>
      engine.reachable
        ? answer(request)
        : err("grpc_unavailable", "The engine is unreachable", "unknown");
  const unimplemented = whenReachable((): Result<never> =>
    err("grpc_unimplemented", "The test engine does not implement this", "never"),
  );

  const engine: TestEngine = {
    nodeId,
    reachable: true,
    payments,
    updatePayment: (paymentHash, change) => {
      const payment = payments.get(paymentHash);
      if (payment === undefined) throw new Error("The payment is not known");
      payments.set(paymentHash, { ...payment, ...change });
    },
    wallet: {
      createWallet: whenReachable(({ nodeId: walletNodeId }) => {
        const walletId = wallets.get(walletNodeId) ?? randomUUID();
        wallets.set(walletNodeId, walletId);
        return ok({ walletId, nodeId: walletNodeId, createdAtMs: BigInt(Date.now()) });
      }),
      getBalance: whenReachable(() =>
        ok({
          spendableMsat: 0n,
          receivableMsat: 0n,
          pendingInboundMsat: 0n,
          pendingOutboundMsat: 0n,
          onChainClaimableSat: 0n,
          channelCount: 0,
          connected: false,
          asOfMs: BigInt(Date.now()),
        }),
      ),
      newInvoice: whenReachable((request) => {
        const existing = invoices.get(request.idempotencyKey);
        if (existing !== undefined) return ok(existing);
        const heldForHash = request.kind === InvoiceKind.HELD_FOR_HASH;
        if (heldForHash && payments.has(request.paymentHash))
          return err("payment_hash_used", "The payment hash was used before", "never");
        const invoice = makeInvoice({
          secretKey,
          amountMsat: request.amountMsat,
          description: request.description,
          expirySeconds: request.expirySeconds,
          ...(heldForHash ? { paymentHash: hexToBytes(request.paymentHash) } : {}),
        });
        const decoded = decodeInvoice(invoice);
        if (!decoded.ok) throw new Error(decoded.error.message);
        const { paymentHash, expiresAt } = decoded.value;
        const created = { invoice, paymentHash, expiresAtMs: BigInt(expiresAt) };
        invoices.set(request.idempotencyKey, created);
        payments.set(paymentHash, {
          paymentHash,
          direction: PaymentDirection.INBOUND,
          state: PaymentState.OPEN,
          amountMsat: request.amountMsat,
          receivedMsat: 0n,
          feeMsat: 0n,
          failureReason: FailureReason.UNSPECIFIED,
          claimDeadlineHeight: 0,
          idempotencyKey: request.idempotencyKey,
          updatedAtMs: BigInt(Date.now()),
          invoiceExpiresAtMs: BigInt(expiresAt),
          channelOpened: false,
        });
        return ok(created);
      }),
      sendPayment: whenReachable(({ invoice, amountMsat }) => {
        const decoded = decodeInvoice(invoice);
        if (!decoded.ok) return decoded;
        return ok({
          paymentHash: decoded.value.paymentHash,
          payeeNodeId: decoded.value.payeeNodeId,
          amountMsat: decoded.value.amountMsat ?? amountMsat ?? 0n,
          description: decoded.value.description ?? "",
          expiresAtMs: BigInt(decoded.value.expiresAt),
          routeFound: true,
          estimatedFeeMsat: 1_000n,
          estimatedCltvBlocks: 144,
        });
      }),
    },
    payment: {
      processPayment: whenReachable(({ idempotencyKey, action }) => {
        if (action?.$case === "claim")
          return ok({ payment: payments.get(action.value.paymentHash), tipHeight });
        if (action?.$case !== "pay") return err("grpc_invalid_argument", "No action", "never");
        const decoded = decodeInvoice(action.value.invoice);
        if (!decoded.ok) return decoded;
        const { paymentHash, expiresAt } = decoded.value;
        const payment: Payment = payments.get(paymentHash) ?? {
          paymentHash,
          direction: PaymentDirection.OUTBOUND,
          state: PaymentState.PENDING,
          amountMsat: action.value.amountMsat,
          receivedMsat: 0n,
          feeMsat: 0n,
          failureReason: FailureReason.UNSPECIFIED,
          claimDeadlineHeight: 0,
          idempotencyKey,
          updatedAtMs: BigInt(Date.now()),
          invoiceExpiresAtMs: BigInt(expiresAt),
          channelOpened: false,
        };
        payments.set(paymentHash, payment);
        return ok({ payment, tipHeight });
      }),
      getPaymentStatus: whenReachable(({ paymentHash }) => {
        const payment = payments.get(paymentHash);
        return payment === undefined
          ? err("payment_not_found", "The payment is not known", "never")
          : ok({ payment, tipHeight });
      }),
      processRefund: whenReachable(({ paymentHash }) => {
        const payment = payments.get(paymentHash);
        if (payment === undefined)
          return err("payment_not_found", "The payment is not known", "never");
        const returned = { ...payment, state: PaymentState.RETURNED };
        payments.set(paymentHash, returned);
        return ok({ payment: returned });
      }),
      paymentStream: () => ({
        cancel: () => {},
        async *[Symbol.asyncIterator]() {
          // This engine sends no payment events.
        },
      }),
    },
    node: {
      getInfo: whenReachable(() =>
        ok({
          nodeId,
          network: "regtest",
          core: "wasm",
          coreVersion: "0",
          tipHeight,
          tipHash: "00".repeat(32),
          tipTimeMs: BigInt(Date.now()),
          chainSynced: true,
          tcpAddresses: ["127.0.0.1:9735"],
          websocketUrls: ["ws://127.0.0.1:9736"],
          esploraUrl: "http://127.0.0.1:3002/esplora",
        }),
      ),
      getTreasury: whenReachable(() =>
        ok({
          onChainConfirmedSat: 10_000_000n,
          onChainUnconfirmedSat: 0n,
          anchorReserveSat: 100_000n,
          channelsLocalMsat: 10_000_000_000n,
          channelsRemoteMsat: 0n,
          inFlightOutboundMsat: 0n,
          inFlightInboundMsat: 0n,
          feesEarnedMsat: 0n,
          onChainFeesSat: 0n,
          dailyCapMsat: 100_000_000_000n,
          dailySpentMsat: 0n,
          onChainSpendableSat: 0n,
          onChainDailyCapSat: 0n,
          onChainDailySentSat: 0n,
          feeRates: undefined,
        }),
      ),
      checkPayment: whenReachable(() => ok({})),
      estimateChannelOpen: whenReachable(() =>
        ok({ needed: true, feeMsat: 2_000_000n, minimumAmountMsat: 3_000_000n }),
      ),
      listChannels: unimplemented,
      listPeers: unimplemented,
      connectPeer: unimplemented,
      openChannel: unimplemented,
      closeChannel: unimplemented,
      newAddress: unimplemented,
      setPause: unimplemented,
      listPauses: unimplemented,
      rotateStateKey: unimplemented,
      getStateKeys: unimplemented,
      listClosedChannels: unimplemented,
      sendOnChain: unimplemented,
      bumpFee: unimplemented,
      listOnChainTransactions: unimplemented,
    },
    close: () => {},
  };
  return engine;
}
