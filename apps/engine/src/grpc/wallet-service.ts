import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import type { WalletServiceServer } from "@satsconnect/contracts/grpc/wallet";
import { err, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import { isInvoiceFor } from "@satsconnect/lightning";
import type { ForwardingTerms } from "@satsconnect/lightning";
import type { ChainGuard } from "../bitcoin/chain-guard.ts";
import type { LightningBackend } from "../lightning/backend.ts";
import type { RequestKeys } from "../store/request-keys.ts";
import type { RegisteredWallet, WalletRegistry } from "../store/wallet-registry.ts";
import { unary } from "./call.ts";
import type { CallContext } from "./call.ts";
import { invoiceKeyPrefix } from "./payment-mapping.ts";
import {
  amountField,
  canonicalInvoice,
  checked,
  descriptionField,
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
  description: descriptionField,
  expirySeconds: z
    .int()
    .min(10, { error: "must be at least 10" })
    .max(604_800, { error: "must be at most 604800 (a week)" }),
  holdBlocks: z
    .int()
    .min(1, { error: "must be at least 1" })
    .max(1_000, { error: "must be at most 1000" }),
  paymentHash: z.union([hashField, z.literal("")], {
    error: "must be 32 bytes in hex, lower case, or empty",
  }),
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
  readonly keys: RequestKeys;
  readonly chain: ChainGuard;
  /** Our forwarding fees and CLTV delta (BOLT 7). */
  readonly forwarding: ForwardingTerms;
  /** A node's estimated on-chain balance from channels with us that are closing, in satoshis. */
  readonly closingBalanceOf: (nodeId: string) => Promise<bigint>;
  readonly context: CallContext;
};

/** `satsconnect.wallet.v1.WalletService`: registration, balances, hold invoices and route quotes for wallets. */
export function walletService(options: WalletServiceOptions): WalletServiceServer {
  const { backend, wallets, keys, context } = options;

  async function find(walletId: string): Promise<Result<RegisteredWallet, "wallet_not_found">> {
    const wallet = await wallets.find(walletId);
    return wallet === null
      ? err("wallet_not_found", "No wallet has this id.", "never")
      : ok(wallet);
  }

  return {
    createWallet: unary(
      context,
      async (request) => {
        const terms = checked(createWallet, request);
        if (!terms.ok) return terms;
        if (terms.value.nodeId === backend.nodeId) {
          return err("invalid_request", "nodeId: must not be the engine's own node", "never");
        }
        const wallet = await wallets.register(terms.value.nodeId);
        return ok({
          walletId: wallet.walletId,
          nodeId: wallet.nodeId,
          createdAtMs: BigInt(wallet.createdAt),
        });
      },
      { mutating: true },
    ),

    getBalance: unary(context, async (request) => {
      const terms = checked(walletOnly, request);
      if (!terms.ok) return terms;
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const { nodeId } = wallet.value;
      const channels = (await backend.channels()).filter((channel) => channel.peer === nodeId);
      const sum = (amountOf: (channel: (typeof channels)[number]) => bigint): bigint =>
        channels.reduce((total, channel) => total + amountOf(channel), 0n);
      return ok({
        // From the wallet's side: it can send as much as we can receive, and receive as much as we can send.
        spendableMsat: sum((channel) => channel.inboundCapacityMsat),
        receivableMsat: sum((channel) => channel.outboundCapacityMsat),
        pendingInboundMsat: sum((channel) => channel.pendingOutboundMsat),
        pendingOutboundMsat: sum((channel) => channel.pendingInboundMsat),
        onChainClaimableSat: await options.closingBalanceOf(nodeId),
        channelCount: channels.length,
        connected: backend.peers().some((peer) => peer.nodeId === nodeId && peer.connected),
        asOfMs: BigInt(context.now()),
      });
    }),

    newInvoice: unary(
      context,
      async (request) => {
        const terms = checked(newInvoice, request);
        if (!terms.ok) return terms;
        const { kind, walletId, paymentHash, idempotencyKey, amountMsat, ...rest } = terms.value;
        if ((kind === InvoiceKind.HELD_FOR_HASH) !== (paymentHash !== "")) {
          return err(
            "invalid_request",
            "paymentHash: is required for HELD_FOR_HASH and not allowed otherwise",
            "never",
          );
        }
        const wallet = await find(walletId);
        if (!wallet.ok) return wallet;
        // The claim deadline is a block height, which is meaningless while the chain is unreliable.
        const reliable = options.chain();
        if (!reliable.ok) return reliable;
        const bound = await keys.bind(idempotencyKey, "invoice", [
          walletId,
          kind,
          amountMsat,
          rest.description,
          rest.expirySeconds,
          rest.holdBlocks,
          paymentHash,
        ]);
        if (!bound.ok) return bound;
        const made = await backend.newHeldInvoice({
          ...rest,
          idempotencyKey: invoiceKeyPrefix + idempotencyKey,
          amountMsat: msat(amountMsat),
          ...(paymentHash === "" ? {} : { paymentHash }),
        });
        if (!made.ok) return made;
        const payment = made.value;
        if (payment.request === null || payment.expiresAt === null) {
          throw new Error("The new invoice has no text or no expiry");
        }
        return ok({
          invoice: payment.request,
          paymentHash: payment.paymentHash,
          expiresAtMs: BigInt(payment.expiresAt),
        });
      },
      { mutating: true },
    ),

    sendPayment: unary(context, async (request) => {
      const terms = checked(sendPayment, request);
      if (!terms.ok) return terms;
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const text = canonicalInvoice(terms.value.invoice);
      const decoded = backend.decodeInvoice(text);
      if (!decoded.ok) return decoded;
      const invoice = decoded.value;
      if (!isInvoiceFor(backend.network, invoice)) {
        return err(
          "invoice_wrong_network",
          `The invoice is for the network ${invoice.network}, not ${backend.network}.`,
          "never",
        );
      }
      if (invoice.expiresAt <= context.now()) {
        return err("invoice_expired", "The invoice has expired.", "never");
      }
      const requested = terms.value.amountMsat;
      const amount = invoice.amountMsat ?? requested;
      if (amount === undefined) {
        return err("amount_invalid", "The invoice has no amount: set amountMsat.", "never");
      }
      if (requested !== undefined && requested !== amount) {
        return err("amount_mismatch", "The invoice is for a different amount.", "never");
      }
      const route =
        invoice.payee === backend.nodeId
          ? ok({ feeMsat: 0n, cltvBlocks: invoice.minFinalCltvExpiryDelta })
          : await routeThroughUs(backend, options.forwarding, text, amount);
      if (!route.ok) return route;
      const maxFee = terms.value.feeLimitMsat;
      const found = route.value !== null && (maxFee === undefined || route.value.feeMsat <= maxFee);
      return ok({
        paymentHash: invoice.paymentHash,
        payeeNodeId: invoice.payee,
        amountMsat: amount,
        description: invoice.description ?? "",
        expiresAtMs: BigInt(invoice.expiresAt),
        routeFound: found,
        estimatedFeeMsat: route.value?.feeMsat ?? 0n,
        estimatedCltvBlocks: route.value?.cltvBlocks ?? 0,
      });
    }),
  };
}

/**
 * Fee and CLTV delta from a wallet to the payee: our own hop plus the route from our node. Null when there is no
 * route.
 */
async function routeThroughUs(
  backend: LightningBackend,
  terms: ForwardingTerms,
  invoice: string,
  amountMsat: bigint,
): Promise<Result<{ readonly feeMsat: bigint; readonly cltvBlocks: number } | null>> {
  const route = await backend.estimateRoute(invoice, msat(amountMsat));
  if (!route.ok || route.value === null) return route;
  const forwarded = amountMsat + route.value.feeMsat;
  const ours =
    BigInt(terms.feeBaseMsat) + (forwarded * BigInt(terms.feeProportionalMillionths)) / 1_000_000n;
  return ok({
    feeMsat: route.value.feeMsat + ours,
    cltvBlocks: route.value.cltvBlocks + terms.cltvExpiryDelta,
  });
}
