import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { GetTreasuryResponse } from "@satsconnect/contracts/grpc/node";
import { backgroundIntervals } from "../../domain/policy.ts";
import type { Logger } from "../logger.ts";
import { bookNodeIncome, bookOpening, reconcile } from "./bookings.ts";
import type { ComparisonStore, Ledger, MpesaBalance, TreasuryFigures } from "./ports.ts";

export type ReconciliationOptions = {
  readonly ledger: Ledger;
  readonly engine: EngineClient;
  readonly mpesaBalance: MpesaBalance;
  readonly comparisons: ComparisonStore;
  readonly now: () => number;
  readonly log: Logger;
};

export type Reconciliation = {
  /**
   * Books the opening balances once, then the node's income and expenses, and every ten minutes compares the ledger
   * with M-Pesa and the node. Safe to run in several processes.
   */
  readonly run: () => Promise<void>;
};

/**
 * Books the movements of money that belong to no order. The opening balances are booked as soon as M-Pesa and the node
 * can both be queried, the node has funds, and no order moves money at that moment.
 */
export function createReconciliation({
  ledger,
  engine,
  mpesaBalance,
  comparisons,
  now,
  log,
}: ReconciliationOptions): Reconciliation {
  let opened = false;

  async function treasuryFigures(): Promise<TreasuryFigures | null> {
    const answer = await engine.node.getTreasury({}, { deadlineMs: 3_000 });
    return answer.ok ? figuresOf(answer.value) : null;
  }

  async function bookOpeningOnce(): Promise<boolean> {
    if (await ledger.isOpen()) return true;
    const early = await treasuryFigures();
    if (early === null || early.ownedMsat === 0n) return false;
    // First the ledger, then what others report: whatever an order books in between is noticed.
    const before = await ledger.balances();
    const mpesa = await mpesaBalance.query(0);
    if (!mpesa.ok || mpesa.value === null) {
      log.warn(
        { code: mpesa.ok ? "no_answer" : mpesa.error.code },
        "opening balances not booked yet: M-Pesa did not report its balances; retrying",
      );
      return false;
    }
    const treasury = await treasuryFigures();
    if (treasury === null) return false;
    const outcome = await bookOpening(ledger, before, { mpesa: mpesa.value, treasury }, now());
    if (outcome === "booked") {
      log.info(
        {
          utilityCents: String(mpesa.value.payouts.utilityCents),
          ownedMsat: String(treasury.ownedMsat),
        },
        "opening balances booked",
      );
    } else if (outcome === "not_quiet") {
      log.info("opening balances not booked yet: an order is moving money; retrying");
    }
    return outcome !== "not_quiet";
  }

  async function compare(treasury: TreasuryFigures): Promise<void> {
    const mpesa = await mpesaBalance.query(backgroundIntervals.comparisonMs / 2);
    const figures =
      mpesa.ok && mpesa.value !== null ? { treasury, mpesa: mpesa.value } : { treasury };
    const compared = await reconcile(ledger, figures);
    await comparisons.add(compared);
    for (const { figure, ledger: booked, actual, difference } of compared) {
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
      opened ||= await bookOpeningOnce();
      if (!opened) return;
      const treasury = await treasuryFigures();
      if (treasury === null) return;
      await bookNodeIncome(ledger, treasury, now());
      if (await comparisons.isDue(backgroundIntervals.comparisonMs)) await compare(treasury);
    },
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
