import type { Chain } from "../chain/chain.ts";
import type { Logger } from "../logger.ts";
import { justicePolicy } from "../policy.ts";
import type { Breaches, OpenBreach } from "../store/breaches.ts";

export type ResponderOptions = {
  readonly chain: Chain;
  readonly breaches: Breaches;
  readonly logger: Logger;
};

/** Broadcasts a justice transaction for each theft, again and with higher fees until one is confirmed. */
export class Responder {
  readonly #options: ResponderOptions;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** @param height of the last block searched */
  async respond(height: number, signal: AbortSignal): Promise<void> {
    const { breaches, chain } = this.#options;
    const open = breaches.open();
    if (open.length === 0) return;
    const estimate = await chain.feeRate();
    for (const breach of open) {
      if (signal.aborted) return;
      await this.#punish(breach, height, estimate.ok ? estimate.value : null);
    }
  }

  async #punish(breach: OpenBreach, height: number, estimate: number | null): Promise<void> {
    const { breaches, chain, logger } = this.#options;
    const position = nextPosition(breach, height, estimate);
    const transaction = breach.transactions[position];
    if (transaction === undefined) return;
    if (position !== breach.position) breaches.choose(breach.id, position, height);
    const sent = await chain.broadcast(transaction.bytes);
    const { txid } = transaction;
    if (sent.ok) {
      if (position !== breach.position) logger.warn({ txid }, "justice transaction broadcast");
      return;
    }
    if (sent.error.code === "chain_unreachable") return;
    const isSpent = await chain.isSpent(breach.txid, breach.output);
    if (isSpent.ok && isSpent.value) {
      logger.warn({ txid: breach.txid }, "the output of the revoked transaction is spent");
      breaches.end(breach.id, height);
      return;
    }
    logger.warn({ txid, reason: sent.error.message }, "justice transaction rejected; retrying");
    // perhaps the mempool takes nothing with this fee
    const higher = position + 1;
    if (higher < breach.transactions.length) breaches.choose(breach.id, higher, height);
  }
}

/** First the lowest fee that meets the estimate; a higher one when that takes long. */
function nextPosition(
  breach: Pick<
    OpenBreach,
    "transactions" | "position" | "positionHeight" | "foundHeight" | "deadlineBlocks"
  >,
  height: number,
  estimate: number | null,
): number {
  const { transactions, position, positionHeight, foundHeight, deadlineBlocks } = breach;
  const { raiseFeeAfterBlocks, highestFeeAfterShare } = justicePolicy;
  const last = transactions.length - 1;
  const isLate = height - foundHeight >= deadlineBlocks * highestFeeAfterShare;
  if (deadlineBlocks > 0 && isLate) return last;
  if (position < 0) {
    // without an estimate not the lowest, which a busy mempool does not even take
    if (estimate === null) return Math.min(1, last);
    const enough = transactions.findIndex(({ feeRate }) => feeRate >= estimate);
    return enough < 0 ? last : enough;
  }
  return height - positionHeight >= raiseFeeAfterBlocks ? Math.min(position + 1, last) : position;
}
