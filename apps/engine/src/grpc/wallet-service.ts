import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import type { WalletServiceServer } from "@satsconnect/contracts/grpc/wallet";
import { err, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { LightningBackend } from "../lightning/backend.ts";
import type { Logger } from "../logger.ts";
import type { RegisteredWallet, WalletRegistry } from "../wallets/registry.ts";
import { unary } from "./call.ts";
import { invoiceKeyPrefix } from "./payment-mapping.ts";
import {
  amountField,
  checked,
  hashField,
  invoiceField,
  keyField,
  nodeIdField,
  positiveAmountField,
  walletIdField,
} from "./validation.ts";

const createWallet = z.object({ nodeId: nodeIdField });
const walletOnly = z.object({ walletId: walletIdField });
const newInvoice = z.object({
  idempotencyKey: keyField,
  walletId: walletIdField,
  kind: z.enum([InvoiceKind.HELD, InvoiceKind.HELD_FOR_HASH], {
    error: "must be HELD or HELD_FOR_HASH",
  }),
  amountMsat: positiveAmountField,
  description: z.string().max(639, { error: "is longer than 639 bytes" }),
  expirySeconds: z.int().min(10).max(604_800),
  holdBlocks: z.int().min(1).max(1_000),
  paymentHash: z.union([hashField, z.literal("")]),
});
const sendPayment = z.object({
  walletId: walletIdField,
  invoice: invoiceField,
  amountMsat: positiveAmountField.optional(),
  feeLimitMsat: amountField.optional(),
});

export type WalletServiceOptions = {
  readonly backend: LightningBackend;
  readonly wallets: WalletRegistry;
  readonly logger: Logger;
  readonly now: () => number;
};

/** `satsconnect.wallet.v1.WalletService`: what the operator knows of, and does for, a holder's wallet. */
export function walletService(options: WalletServiceOptions): WalletServiceServer {
  const { backend, wallets, logger } = options;

  async function find(walletId: string): Promise<Result<RegisteredWallet, "wallet_not_found">> {
    const wallet = await wallets.find(walletId);
    return wallet === null
      ? err("wallet_not_found", "The engine knows no such wallet.", "never")
      : ok(wallet);
  }

  return {
    createWallet: unary(logger, async (request) => {
      const terms = checked(createWallet, request);
      if (!terms.ok) return terms;
      const wallet = await wallets.register(terms.value.nodeId);
      return ok({
        walletId: wallet.walletId,
        nodeId: wallet.nodeId,
        createdAtMs: BigInt(wallet.createdAt),
      });
    }),

    getBalance: unary(logger, async (request) => {
      const terms = checked(walletOnly, request);
      if (!terms.ok) return terms;
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const { nodeId } = wallet.value;
      const channels = (await backend.channels()).filter((channel) => channel.peer === nodeId);
      // Seen from here: what they can send is what we can receive.
      const spendable = channels.reduce((sum, channel) => sum + channel.inboundCapacityMsat, 0n);
      const receivable = channels.reduce((sum, channel) => sum + channel.outboundCapacityMsat, 0n);
      return ok({
        spendableMsat: spendable,
        receivableMsat: receivable,
        pendingInboundMsat: 0n,
        pendingOutboundMsat: 0n,
        onChainClaimableSat: 0n,
        channelCount: channels.length,
        connected: backend.peers().some((peer) => peer.nodeId === nodeId && peer.connected),
        asOfMs: BigInt(options.now()),
      });
    }),

    newInvoice: unary(logger, async (request) => {
      const terms = checked(newInvoice, request);
      if (!terms.ok) return terms;
      const { kind, paymentHash } = terms.value;
      if ((kind === InvoiceKind.HELD_FOR_HASH) !== (paymentHash !== "")) {
        return err(
          "request_invalid",
          "paymentHash: belongs to HELD_FOR_HASH, and only there",
          "never",
        );
      }
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const made = await backend.newHeldInvoice({
        idempotencyKey: invoiceKeyPrefix + terms.value.idempotencyKey,
        amountMsat: msat(terms.value.amountMsat),
        description: terms.value.description,
        expirySeconds: terms.value.expirySeconds,
        holdBlocks: terms.value.holdBlocks,
        ...(paymentHash === "" ? {} : { paymentHash }),
      });
      if (!made.ok) return made;
      const payment = made.value;
      if (payment.request === null || payment.expiresAt === null) {
        throw new Error("An invoice of ours has no text or no end");
      }
      return ok({
        invoice: payment.request,
        paymentHash: payment.paymentHash,
        expiresAtMs: BigInt(payment.expiresAt),
      });
    }),

    sendPayment: unary(logger, async (request) => {
      const terms = checked(sendPayment, request);
      if (!terms.ok) return terms;
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const decoded = backend.decodeInvoice(terms.value.invoice);
      if (!decoded.ok) return decoded;
      const invoice = decoded.value;
      if (invoice.network !== backend.network) {
        return err("invoice_wrong_network", `The invoice is for ${invoice.network}.`, "never");
      }
      if (invoice.expiresAt <= options.now()) {
        return err("invoice_expired", "The invoice has ended.", "never");
      }
      const amount = invoice.amountMsat ?? terms.value.amountMsat;
      if (amount === undefined) {
        return err("amount_invalid", "The invoice leaves the amount open: say how much.", "never");
      }
      if (
        invoice.amountMsat !== null &&
        terms.value.amountMsat !== undefined &&
        terms.value.amountMsat !== invoice.amountMsat
      ) {
        return err("amount_mismatch", "The invoice asks for another amount.", "never");
      }
      const route = await estimateRoute(backend, invoice.payee, amount);
      return ok({
        paymentHash: invoice.paymentHash,
        payeeNodeId: invoice.payee,
        amountMsat: amount,
        description: invoice.description ?? "",
        expiresAtMs: BigInt(invoice.expiresAt),
        routeFound: route.found,
        estimatedFeeMsat: route.feeMsat,
        estimatedCltvBlocks: invoice.minFinalCltvExpiryDelta + route.cltvBlocks,
      });
    }),
  };
}

/** Our own forwarding terms: what a wallet pays for its payment to leave through us (BOLT 7). */
const forwardingBaseMsat = 1_000n;
const forwardingMillionths = 0n;
const forwardingCltvBlocks = 72;

/**
 * What can be told without probing: whether the payee is our own neighbour with room, or there is room towards the
 * network at all; and what we charge for the way through us.
 */
async function estimateRoute(
  backend: LightningBackend,
  payee: string,
  amountMsat: bigint,
): Promise<{ readonly found: boolean; readonly feeMsat: bigint; readonly cltvBlocks: number }> {
  if (payee === backend.nodeId) return { found: true, feeMsat: 0n, cltvBlocks: 0 };
  const usable = (await backend.channels()).filter(
    (channel) => channel.usable && channel.nextOutboundHtlcLimitMsat >= amountMsat,
  );
  const neighbour = usable.some((channel) => channel.peer === payee);
  const found = neighbour || usable.some((channel) => channel.announced);
  const feeMsat = forwardingBaseMsat + (amountMsat * forwardingMillionths) / 1_000_000n;
  return { found, feeMsat, cltvBlocks: forwardingCltvBlocks };
}
