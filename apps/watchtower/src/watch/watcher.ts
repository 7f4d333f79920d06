import { locatorOf } from "@satsconnect/contracts/watchtower";
import type { Block, Chain } from "../chain/chain.ts";
import type { Logger } from "../logger.ts";
import { justicePolicy } from "../policy.ts";
import type { Appointments, NewAppointment, StoredAppointment } from "../store/appointments.ts";
import type { Blocks } from "../store/blocks.ts";
import type { Breaches } from "../store/breaches.ts";
import type { Database } from "../store/database.ts";
import { readJustice } from "./read-justice.ts";

export type WatcherOptions = {
  readonly chain: Chain;
  readonly database: Database;
  readonly blocks: Blocks;
  readonly appointments: Appointments;
  readonly breaches: Breaches;
  readonly logger: Logger;
};

/**
 * Follows the chain and looks up each transaction of each block in the index of locators: what a block costs does not grow
 * with the number of appointments. What is found in a block is stored together with the block.
 */
export class Watcher {
  readonly #options: WatcherOptions;
  /** The ids in the last blocks, by locator, for appointments that come late. */
  readonly #recent: { readonly height: number; readonly byLocator: ReadonlyMap<string, string> }[] =
    [];

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Height of the last block searched; 0 before the first. */
  get height(): number {
    return this.#options.blocks.tip()?.height ?? 0;
  }

  /** Searches all blocks up to the chain's tip. Returns early if the chain does not answer. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const { chain, blocks, logger } = this.#options;
    while (!signal.aborted) {
      const tip = await chain.tipHeight();
      if (!tip.ok) return logger.warn({ reason: tip.error.message }, "chain not read; retrying");
      const known = blocks.tip();
      if (known !== undefined && known.height >= tip.value) {
        // a reorganisation can leave the chain as high as before
        if ((await this.#isInChain(Math.min(known.height, tip.value))) !== false) return;
        await this.#disconnect(tip.value);
        continue;
      }
      // a new watchtower has no appointments; it starts a little below the tip, which may be reorganised
      const first = Math.max(0, tip.value - justicePolicy.lateBlocks);
      const hash = await chain.hashAt(known === undefined ? first : known.height + 1);
      if (!hash.ok) return;
      const block = await chain.block(hash.value);
      if (!block.ok)
        return logger.warn({ reason: block.error.message }, "block not read; retrying");
      if (known !== undefined && block.value.previousHash !== known.hash)
        await this.#disconnect(known.height);
      else this.#connect(block.value);
    }
  }

  /** Looks for appointments that came late in the last blocks. Call it in the transaction that stores them. */
  onNewAppointments(added: readonly NewAppointment[]): void {
    for (const appointment of added) {
      for (const { height, byLocator } of this.#recent) {
        const txid = byLocator.get(appointment.locator);
        if (txid !== undefined) this.#breach(appointment, txid, height);
      }
    }
  }

  /** Whether the stored block at this height is in the best chain; undefined if the chain does not answer. */
  async #isInChain(height: number): Promise<boolean | undefined> {
    const hash = await this.#options.chain.hashAt(height);
    return hash.ok ? hash.value === this.#options.blocks.hashAt(height) : undefined;
  }

  /** Forgets the blocks that have left the best chain, at or below this height. */
  async #disconnect(from: number): Promise<void> {
    const { database, blocks, breaches, logger } = this.#options;
    let height = from;
    while (blocks.hashAt(height) !== undefined) {
      const isInChain = await this.#isInChain(height);
      if (isInChain === undefined) return;
      if (isInChain) break;
      height -= 1;
    }
    logger.info({ height }, "the chain was reorganised above this block");
    database.transaction(() => {
      blocks.cutAbove(height);
      breaches.reopenAbove(height);
    });
    while ((this.#recent.at(-1)?.height ?? 0) > height) this.#recent.pop();
  }

  #connect({ height, hash, txids }: Block): void {
    const { database, blocks, appointments, breaches, logger } = this.#options;
    const byLocator = new Map(txids.map((txid) => [locatorOf(txid), txid]));
    database.transaction(() => {
      blocks.add(height, hash);
      for (const [locator, txid] of byLocator) {
        for (const appointment of appointments.find(Buffer.from(locator, "hex")))
          this.#breach(appointment, txid, height);
        const punished = breaches.ofTransaction(txid);
        if (punished === undefined) continue;
        breaches.end(punished, height);
        logger.info({ txid, height }, "a justice transaction is confirmed");
      }
      appointments.forgetClosed(height);
      breaches.forgetOld(height);
    });
    this.#recent.push({ height, byLocator });
    if (this.#recent.length > justicePolicy.lateBlocks) this.#recent.shift();
  }

  #breach(appointment: StoredAppointment, txid: string, foundHeight: number): void {
    const { breaches, logger } = this.#options;
    const justice = readJustice(appointment.blob, txid);
    if (justice === undefined) {
      // another wallet's locator, or one that somebody made up
      logger.warn({ txid }, "an appointment does not belong to the transaction that it names");
      return;
    }
    const isNew = breaches.add({ appointment: appointment.id, txid, foundHeight, ...justice });
    if (isNew) logger.warn({ txid, height: foundHeight }, "a revoked transaction is in the chain");
  }
}
