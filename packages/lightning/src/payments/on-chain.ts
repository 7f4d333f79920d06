import { err, ok, sat } from "@satsconnect/money";
import type { Result, Sat } from "@satsconnect/money";
import type { CoreError } from "../core/generated/index.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import type {
  OnChainBumpRequest,
  OnChainErrorCode,
  OnChainSendRequest,
  OnChainSent,
} from "../model/lightning-node.ts";
import { toOnChainTransaction, toSat } from "../model/views-from-core.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import { expectResult, refused } from "../runtime/failures.ts";

/** Key = the caller's idempotency key: what was sent. Stored in the commit that contains the transaction. */
const sendTable = "on-chain-send";
/** Key = the caller's idempotency key: what was bumped, and by what. */
const bumpTable = "on-chain-bump";
/** Key = the txid of a replaced transaction: the txid of its replacement. */
const replacedTable = "on-chain-replaced";

type StoredSend = {
  readonly terms: string;
  readonly at: number;
  readonly txid: string;
  readonly feeSat: Sat;
  /** Paid to the recipient, and the fee. */
  readonly spentSat: Sat;
};
type StoredBump = { readonly terms: string; readonly txid: string; readonly feeSat: Sat };

const dayMs = 86_400_000;

/**
 * Sends from the on-chain wallet and raises the fee of what waits. The row under the idempotency key is written in the
 * same commit as the transaction itself, before it is broadcast: a repeated call finds either both or neither.
 */
export class OnChain {
  readonly #session: CoreSession;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: CoreSession) {
    this.#session = session;
  }

  send(request: OnChainSendRequest): Promise<Result<OnChainSent, OnChainErrorCode>> {
    return this.#next(() => this.#send(request));
  }

  bump(request: OnChainBumpRequest): Promise<Result<OnChainSent, OnChainErrorCode>> {
    return this.#next(() => this.#bump(request));
  }

  /** Sent since that time under idempotency keys, fees included. */
  async sentSince(sinceMs: number): Promise<Sat> {
    const rows = await this.#session.store.list(sendTable);
    const sends = rows.map(({ value }) => decodeRow(value) as StoredSend);
    return sat(
      sends.filter(({ at }) => at >= sinceMs).reduce((sum, { spentSat }) => sum + spentSat, 0n),
    );
  }

  /** One call at a time, so that one key never sends twice and a limit is never used twice. */
  #next<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #send(request: OnChainSendRequest): Promise<Result<OnChainSent, OnChainErrorCode>> {
    const { store, loop, clock, policy } = this.#session;
    const { address, amountSat, feeRateSatPerKwu, maxFeeSat, idempotencyKey: key } = request;
    const terms = JSON.stringify([address, String(amountSat)]);
    if (key !== undefined) {
      const row = await store.read(sendTable, key);
      if (row !== undefined) {
        const earlier = decodeRow(row) as StoredSend;
        if (earlier.terms !== terms) return conflict();
        return ok({ txid: await this.#newest(earlier.txid), feeSat: earlier.feeSat });
      }
    }
    const outcome = await loop.query({ type: "onChainBalance" });
    const { spendableSat } = expectResult(outcome, "onChainBalance");
    const admitted = policy.admitOnChainSend?.({
      amountSat: amountSat === "all" ? toSat(spendableSat) : sat(amountSat + (maxFeeSat ?? 0n)),
      sentLastDaySat: await this.sentSince(clock.now() - dayMs),
    });
    if (admitted?.ok === false) return admitted;
    return loop.runUntilStored(
      {
        type: "sendOnChain",
        address,
        ...(amountSat === "all" ? { all: true } : { amountSat: amountSat.toString() }),
        ...(feeRateSatPerKwu === undefined ? {} : { feeRateSatPerKwu }),
        ...(maxFeeSat === undefined ? {} : { maxFeeSat: maxFeeSat.toString() }),
      },
      (sent, unit) => {
        if (!sent.ok) return failed(sent.error);
        const { txid, feeSat: fee } = expectResult(sent, "transactionSent");
        const feeSat = toSat(fee);
        if (key !== undefined) {
          const spentSat = amountSat === "all" ? toSat(spendableSat) : sat(amountSat + feeSat);
          const row: StoredSend = { terms, at: clock.now(), txid, feeSat, spentSat };
          unit.put(sendTable, key, encodeJson(row));
        }
        return ok({ txid, feeSat });
      },
    );
  }

  async #bump(request: OnChainBumpRequest): Promise<Result<OnChainSent, OnChainErrorCode>> {
    const { store, loop } = this.#session;
    const { txid, feeRateSatPerKwu, maxFeeSat, idempotencyKey: key } = request;
    const terms = JSON.stringify([txid]);
    if (key !== undefined) {
      const row = await store.read(bumpTable, key);
      if (row !== undefined) {
        const earlier = decodeRow(row) as StoredBump;
        return earlier.terms === terms
          ? ok({ txid: earlier.txid, feeSat: earlier.feeSat })
          : conflict();
      }
    }
    const outcome = await loop.query({ type: "listOnChainTransactions" });
    const known = expectResult(outcome, "onChainTransactions").transactions.map(
      toOnChainTransaction,
    );
    const original = known.find((one) => one.txid === txid);
    if (original === undefined) {
      return err(
        "transaction_not_found",
        "The wallet has no such transaction, or it was replaced.",
        "never",
      );
    }
    if (original.bump === null) {
      return err(
        "transaction_not_bumpable",
        original.height === null
          ? "The transaction is not ours, or has no output that we could spend."
          : "The transaction is confirmed.",
        "never",
      );
    }
    return loop.runUntilStored(
      {
        type: "bumpFee",
        txid,
        feeRateSatPerKwu,
        ...(maxFeeSat === undefined ? {} : { maxFeeSat: maxFeeSat.toString() }),
      },
      (sent, unit) => {
        if (!sent.ok) return failed(sent.error);
        const bumped = expectResult(sent, "transactionSent");
        const feeSat = toSat(bumped.feeSat);
        if (original.bump === "replacement") {
          unit.put(replacedTable, txid, encodeJson(bumped.txid));
        }
        if (key !== undefined) {
          const row: StoredBump = { terms, txid: bumped.txid, feeSat };
          unit.put(bumpTable, key, encodeJson(row));
        }
        return ok({ txid: bumped.txid, feeSat });
      },
    );
  }

  /** The transaction that has replaced this one, or itself. */
  async #newest(txid: string): Promise<string> {
    let newest = txid;
    for (;;) {
      const row = await this.#session.store.read(replacedTable, newest);
      if (row === undefined) return newest;
      newest = decodeRow(row) as string;
    }
  }
}

function conflict() {
  return err(
    "idempotency_conflict",
    "This idempotency key was already used for a different request.",
    "never",
  );
}

function failed(error: CoreError) {
  switch (error.code) {
    case "insufficientFunds":
      return err("insufficient_funds", "The on-chain wallet does not have enough funds.", "safe");
    case "feeTooHigh":
      return err("fee_too_high", `Nothing was sent: ${error.message}.`, "safe");
    default:
      return refused(error);
  }
}
