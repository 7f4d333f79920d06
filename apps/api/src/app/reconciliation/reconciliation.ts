import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { GetTreasuryResponse } from "@satsconnect/contracts/grpc/node";
import { backgroundIntervals } from "../../domain/policy.ts";
import type { Logger } from "../logger.ts";
import { bookNodeIncome, bookOpening, isOpeningBooked, reconcile } from "./bookings.ts";
import type { Comparison } from "./bookings.ts";
import type { Ledger, MpesaBalance, TreasuryFigures } from "./ports.ts";

export type ReconciliationOptions = {
  readonly ledger: Ledger;
  readonly engine: EngineClient;
  readonly mpesaBalance: MpesaBalance;
  readonly now: () => number;
  readonly log: Logger;
};

export type Reconciliation = {
  /**
   * Books the opening balances once, then the node's income and expenses, and every ten minutes compares the ledger
   * with M-Pesa and the node. Safe to run in several processes.
   */
  readonly run: () => Promise<void>;
  /** Results of the last comparison; empty before the first. */
  readonly comparisons: () => readonly Comparison[];
};

/**
 * Books the movements of money that belong to no order. The opening balances are booked as soon as M-Pesa and the node
 * can both be queried and the node has funds; before that, no order can be served.
 */
export function createReconciliation({
  ledger,
  engine,
  mpesaBalance,
  now,
  log,
}: ReconciliationOptions): Reconciliation {
  let opened = false;
  let comparedAt = -Infinity;
  let comparisons: readonly Comparison[] = [];

  async function bookOpeningOnce(treasury: TreasuryFigures): Promise<boolean> {
    if (await isOpeningBooked(ledger)) return true;
    if (treasury.ownedMsat === 0n) return false;
    const mpesa = await mpesaBalance.query();
    if (!mpesa.ok || mpesa.value === null) {
      log.warn(
        { code: mpesa.ok ? "no_answer" : mpesa.error.code },
        "opening balances not booked yet: M-Pesa did not report its balances; retrying",
      );
      return false;
    }
    if (await bookOpening(ledger, { mpesa: mpesa.value, treasury }, now())) {
      log.info(
        { utilityCents: String(mpesa.value.utilityCents), ownedMsat: String(treasury.ownedMsat) },
        "opening balances booked",
      );
    }
    return true;
  }

  async function compare(treasury: TreasuryFigures): Promise<void> {
    comparedAt = now();
    const mpesa = await mpesaBalance.query();
    const figures =
      mpesa.ok && mpesa.value !== null ? { treasury, mpesa: mpesa.value } : { treasury };
    comparisons = await reconcile(ledger, figures);
    for (const { figure, ledger: booked, actual, difference } of comparisons) {
      // Orders in progress cause a difference for a short time. A persistent one needs manual review.
      if (difference === 0n) continue;
      log.warn(
        { figure, ledger: String(booked), actual: String(actual), difference: String(difference) },
        "the ledger differs from the actual balance",
      );
    }
  }

  return {
    run: async () => {
      const answer = await engine.node.getTreasury({}, { deadlineMs: 3_000 });
      if (!answer.ok) return;
      const treasury = figuresOf(answer.value);
      opened ||= await bookOpeningOnce(treasury);
      if (!opened) return;
      await bookNodeIncome(ledger, treasury, now());
      if (now() - comparedAt >= backgroundIntervals.comparisonMs) await compare(treasury);
    },
    comparisons: () => comparisons,
  };
}

function figuresOf(treasury: GetTreasuryResponse): TreasuryFigures {
  return {
    ownedMsat:
      treasury.channelsLocalMsat +
      (treasury.onChainConfirmedSat + treasury.onChainUnconfirmedSat) * 1_000n,
    feesEarnedMsat: treasury.feesEarnedMsat,
    onChainFeesMsat: treasury.onChainFeesSat * 1_000n,
  };
}
