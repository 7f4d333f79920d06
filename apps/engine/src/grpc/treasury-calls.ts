import { OnChainBump } from "@satsconnect/contracts/grpc/node";
import type {
  FeeRates,
  NodeServiceServer,
  OnChainTransaction as WireTransaction,
} from "@satsconnect/contracts/grpc/node";
import type { NodeFeeRates, OnChainTransaction } from "@satsconnect/lightning";
import { err, ok, sat } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { LightningBackend } from "../lightning/backend.ts";
import { unary } from "./call.ts";
import type { CallContext } from "./call.ts";
import { bitcoinAddressField, checked, hashField, keyField, satField } from "./validation.ts";

const feeRate = z.discriminatedUnion(
  "$case",
  [
    z.object({
      $case: z.literal("feeRateSatPerKwu"),
      value: z
        .number()
        .min(250, { error: "must be at least 250 (1 sat/vB)" })
        .max(250_000, { error: "must be at most 250000 (1,000 sat/vB)" }),
    }),
    z.object({
      $case: z.literal("confirmationTargetBlocks"),
      value: z
        .number()
        .min(1, { error: "must be at least 1 block" })
        .max(1_008, { error: "must be at most 1008 blocks" }),
    }),
  ],
  { error: "must be a feerate or a confirmation target" },
);
const send = z.object({
  idempotencyKey: keyField,
  address: bitcoinAddressField,
  amount: z.discriminatedUnion(
    "$case",
    [
      z.object({ $case: z.literal("amountSat"), value: satField }),
      z.object({
        $case: z.literal("all"),
        value: z.literal(true, { error: "must be true, or an amount" }),
      }),
    ],
    { error: "must be an amount, or all" },
  ),
  fee: feeRate,
  maxFeeSat: satField,
});
const bump = z.object({
  idempotencyKey: keyField,
  txid: hashField,
  fee: feeRate,
  maxFeeSat: satField,
});
const list = z.object({
  waiting: z.boolean(),
  limit: z.number().max(1_000, { error: "must be at most 1000" }),
});

/** Only the operator may move the treasury: a compromised api must not be able to. */
const operatorOnly = { mutating: true, operatorOnly: true } as const;

/** Calls of the node service that send the treasury's coins, and that show what became of them. */
export function treasuryCalls(
  backend: LightningBackend,
  context: CallContext,
): Pick<NodeServiceServer, "sendOnChain" | "bumpFee" | "listOnChainTransactions"> {
  return {
    sendOnChain: unary(
      context,
      async (request) => {
        const terms = checked(send, request);
        if (!terms.ok) return terms;
        const rate = rateOf(backend, terms.value.fee);
        if (!rate.ok) return rate;
        const { idempotencyKey, address, amount, maxFeeSat } = terms.value;
        return backend.sendOnChain({
          idempotencyKey,
          address,
          amountSat: amount.$case === "all" ? "all" : sat(amount.value),
          feeRateSatPerKwu: rate.value,
          maxFeeSat: sat(maxFeeSat),
        });
      },
      operatorOnly,
    ),

    bumpFee: unary(
      context,
      async (request) => {
        const terms = checked(bump, request);
        if (!terms.ok) return terms;
        const rate = rateOf(backend, terms.value.fee);
        if (!rate.ok) return rate;
        const { idempotencyKey, txid, maxFeeSat } = terms.value;
        return backend.bumpFee({
          idempotencyKey,
          txid,
          feeRateSatPerKwu: rate.value,
          maxFeeSat: sat(maxFeeSat),
        });
      },
      operatorOnly,
    ),

    listOnChainTransactions: unary(context, async (request) => {
      const terms = checked(list, request);
      if (!terms.ok) return terms;
      const { waiting, limit } = terms.value;
      const tipHeight = backend.tip().height;
      const transactions = (await backend.onChainTransactions())
        .filter(({ height }) => !waiting || height === null)
        .slice(0, limit === 0 ? 100 : limit)
        .map((transaction) => wireTransaction(transaction, tipHeight));
      return ok({ transactions });
    }),
  };
}

/** The feerate asked for; never below what the mempool takes now, because it would not be relayed. */
function rateOf(
  backend: LightningBackend,
  fee: z.infer<typeof feeRate>,
): Result<number, "node_unavailable"> {
  const rates = backend.feeRates();
  if (rates === undefined) {
    return err("node_unavailable", "The node is restarting.", "safe");
  }
  if (fee.$case === "feeRateSatPerKwu") return ok(Math.max(fee.value, rates.floor));
  if (fee.value < 6) return ok(rates.urgent);
  if (fee.value < 12) return ok(rates.soon);
  return ok(fee.value < 144 ? rates.later : rates.someday);
}

export function wireFeeRates(rates: NodeFeeRates | undefined): FeeRates | undefined {
  if (rates === undefined) return undefined;
  const { urgent, soon, later, someday, floor, stale, estimatedAt } = rates;
  return { urgent, soon, later, someday, floor, stale, estimatedAtMs: BigInt(estimatedAt ?? 0) };
}

const bumps = {
  replacement: OnChainBump.REPLACEMENT,
  child: OnChainBump.CHILD,
} as const;

function wireTransaction(transaction: OnChainTransaction, tipHeight: number): WireTransaction {
  const { txid, receivedSat, sentSat, feeSat, height, at, weight, bump: by } = transaction;
  return {
    txid,
    receivedSat,
    sentSat,
    feeSat: feeSat ?? 0n,
    height: height ?? 0,
    confirmations: height === null ? 0 : Math.max(0, tipHeight - height + 1),
    timeMs: BigInt(at ?? 0),
    feeRateSatPerKwu: feeSat === null ? 0 : Number((feeSat * 1_000n) / BigInt(weight)),
    bump: by === null ? OnChainBump.UNSPECIFIED : bumps[by],
  };
}
