import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import type { WalletServiceServer } from "@satsconnect/contracts/grpc/wallet";
import { err, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { ForwardingTerms } from "@satsconnect/lightning";
import type { ChainGuard } from "../bitcoin/chain-guard.ts";
import type { LightningBackend } from "../lightning/backend.ts";
import type { RequestKeys } from "../store/request-keys.ts";
import type { RegisteredWallet, WalletRegistry } from "../store/wallet-registry.ts";
import { unary } from "./call.ts";
import type { CallTools } from "./call.ts";
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
    .min(10, { error: "must be 10 at the least" })
    .max(604_800, { error: "must be a week at the most" }),
  holdBlocks: z
    .int()
    .min(1, { error: "must be 1 at the least" })
    .max(1_000, { error: "must be 1000 at the most" }),
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
  /** What we charge for a payment that leaves through us (BOLT 7). */
  readonly forwarding: ForwardingTerms;
  /** What a node will own on chain of the channels with us that are closing, in satoshis. */
  readonly closingTowards: (nodeId: string) => Promise<bigint>;
  readonly tools: CallTools;
};

/** `satsconnect.wallet.v1.WalletService`: what the operator knows of, and does for, a holder's wallet. */
export function walletService(options: WalletServiceOptions): WalletServiceServer {
  const { backend, wallets, keys, tools } = options;

  async function find(walletId: string): Promise<Result<RegisteredWallet, "wallet_not_found">> {
    const wallet = await wallets.find(walletId);
    return wallet === null
      ? err("wallet_not_found", "The engine knows no such wallet.", "never")
      : ok(wallet);
  }

  return {
    createWallet: unary(
      tools,
      async (request) => {
        const terms = checked(createWallet, request);
        if (!terms.ok) return terms;
        if (terms.value.nodeId === backend.nodeId) {
          return err("invalid_request", "nodeId: is the engine's own", "never");
        }
        const wallet = await wallets.register(terms.value.nodeId);
        return ok({
          walletId: wallet.walletId,
          nodeId: wallet.nodeId,
          createdAtMs: BigInt(wallet.createdAt),
        });
      },
      { changes: true },
    ),

    getBalance: unary(tools, async (request) => {
      const terms = checked(walletOnly, request);
      if (!terms.ok) return terms;
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const { nodeId } = wallet.value;
      const channels = (await backend.channels()).filter((channel) => channel.peer === nodeId);
      const sum = (amountOf: (channel: (typeof channels)[number]) => bigint): bigint =>
        channels.reduce((total, channel) => total + amountOf(channel), 0n);
      return ok({
        // Seen from here: what they can send is what we can receive, and the other way round.
        spendableMsat: sum((channel) => channel.inboundCapacityMsat),
        receivableMsat: sum((channel) => channel.outboundCapacityMsat),
        pendingInboundMsat: sum((channel) => channel.pendingOutboundMsat),
        pendingOutboundMsat: sum((channel) => channel.pendingInboundMsat),
        onChainClaimableSat: await options.closingTowards(nodeId),
        channelCount: channels.length,
        connected: backend.peers().some((peer) => peer.nodeId === nodeId && peer.connected),
        asOfMs: BigInt(tools.now()),
      });
    }),

    newInvoice: unary(
      tools,
      async (request) => {
        const terms = checked(newInvoice, request);
        if (!terms.ok) return terms;
        const { kind, walletId, paymentHash, idempotencyKey, amountMsat, ...rest } = terms.value;
        if ((kind === InvoiceKind.HELD_FOR_HASH) !== (paymentHash !== "")) {
          return err(
            "invalid_request",
            "paymentHash: belongs to HELD_FOR_HASH, and only there",
            "never",
          );
        }
        const wallet = await find(walletId);
        if (!wallet.ok) return wallet;
        // Its deadline is a height: while the chain cannot be relied upon, nobody knows how far away that is.
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
          throw new Error("An invoice of ours has no text or no end");
        }
        return ok({
          invoice: payment.request,
          paymentHash: payment.paymentHash,
          expiresAtMs: BigInt(payment.expiresAt),
        });
      },
      { changes: true },
    ),

    sendPayment: unary(tools, async (request) => {
      const terms = checked(sendPayment, request);
      if (!terms.ok) return terms;
      const wallet = await find(terms.value.walletId);
      if (!wallet.ok) return wallet;
      const text = canonicalInvoice(terms.value.invoice);
      const decoded = backend.decodeInvoice(text);
      if (!decoded.ok) return decoded;
      const invoice = decoded.value;
      if (invoice.network !== backend.network) {
        return err("invoice_wrong_network", `The invoice is for ${invoice.network}.`, "never");
      }
      if (invoice.expiresAt <= tools.now()) {
        return err("invoice_expired", "The invoice has ended.", "never");
      }
      const asked = terms.value.amountMsat;
      const amount = invoice.amountMsat ?? asked;
      if (amount === undefined) {
        return err("amount_invalid", "The invoice leaves the amount open: say how much.", "never");
      }
      if (asked !== undefined && asked !== amount) {
        return err("amount_mismatch", "The invoice asks for another amount.", "never");
      }
      const way =
        invoice.payee === backend.nodeId
          ? ok({ feeMsat: 0n, cltvBlocks: invoice.minFinalCltvExpiryDelta })
          : await wayThroughUs(backend, options.forwarding, text, amount);
      if (!way.ok) return way;
      const feeLimit = terms.value.feeLimitMsat;
      const found = way.value !== null && (feeLimit === undefined || way.value.feeMsat <= feeLimit);
      return ok({
        paymentHash: invoice.paymentHash,
        payeeNodeId: invoice.payee,
        amountMsat: amount,
        description: invoice.description ?? "",
        expiresAtMs: BigInt(invoice.expiresAt),
        routeFound: found,
        estimatedFeeMsat: way.value?.feeMsat ?? 0n,
        estimatedCltvBlocks: way.value?.cltvBlocks ?? 0,
      });
    }),
  };
}

/** From a wallet's point of view: our own hop, and what lies behind us. Null: no way. */
async function wayThroughUs(
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
