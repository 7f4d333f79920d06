import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { GetTreasuryResponse } from "@satsconnect/contracts/grpc/node";
import type { Database } from "@satsconnect/postgres";
import { bookNodeIncome, bookOpening, reconcile } from "./bookings.ts";
import type { Comparison, TreasuryFigures } from "./bookings.ts";
import type { Logger } from "../logger.ts";
import type { MpesaBalance } from "../../adapters/daraja/account-balance.ts";

export type KeeperOptions = {
  readonly database: Database;
  readonly engine: EngineClient;
  readonly mpesaBalance: MpesaBalance;
  readonly now: () => number;
  readonly log: Logger;
};

export type Keeper = {
  /** Opens the books once, then books what the node earned and spent, and now and then compares with the world. */
  readonly work: () => Promise<void>;
  /** What the last comparison found; empty before the first. */
  readonly comparisons: () => readonly Comparison[];
};

const compareEveryMs = 10 * 60_000;

/**
 * Keeps the ledger in step with what no order moves. The books open with what M-Pesa and the node hold when both can
 * first be asked and the node holds anything: until then there is nothing to trade with either.
 */
export function createKeeper({ database, engine, mpesaBalance, now, log }: KeeperOptions): Keeper {
  let opened = false;
  let comparedAt = -Infinity;
  let last: readonly Comparison[] = [];

  async function open(treasury: TreasuryFigures): Promise<boolean> {
    if (await isOpen(database)) return true;
    if (treasury.ownedMsat === 0n) return false;
    const mpesa = await mpesaBalance.ask();
    if (!mpesa.ok || mpesa.value === null) {
      log.warn(
        { code: mpesa.ok ? "no_answer" : mpesa.error.code },
        "the books cannot be opened yet",
      );
      return false;
    }
    if (await bookOpening(database, { mpesa: mpesa.value, treasury }, now())) {
      log.info(
        { utilityCents: String(mpesa.value.utilityCents), ownedMsat: String(treasury.ownedMsat) },
        "the books were opened",
      );
    }
    return true;
  }

  async function compare(treasury: TreasuryFigures): Promise<void> {
    comparedAt = now();
    const mpesa = await mpesaBalance.ask();
    const figures =
      mpesa.ok && mpesa.value !== null ? { treasury, mpesa: mpesa.value } : { treasury };
    last = await reconcile(database, figures);
    for (const { what, books, outside, difference } of last) {
      // While orders are under way a difference is what they move; one that stays is for a person.
      if (difference === 0n) continue;
      log.warn(
        { what, books: String(books), outside: String(outside), difference: String(difference) },
        "the books differ from the world",
      );
    }
  }

  return {
    work: async () => {
      const answer = await engine.node.getTreasury({}, { deadlineMs: 3_000 });
      if (!answer.ok) return;
      const treasury = figuresOf(answer.value);
      opened ||= await open(treasury);
      if (!opened) return;
      await bookNodeIncome(database, treasury, now());
      if (now() - comparedAt >= compareEveryMs) await compare(treasury);
    },
    comparisons: () => last,
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

async function isOpen(database: Database): Promise<boolean> {
  const { rowCount } = await database.query(
    "SELECT 1 FROM ledger_journals WHERE reference = 'opening' AND kind = 'opening'",
  );
  return rowCount === 1;
}
