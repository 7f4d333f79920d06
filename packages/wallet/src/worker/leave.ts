import type { LightningNode } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { BackedUpStore } from "../backup/backed-up-store.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { minSweepSat } from "../policy.ts";
import type { LeaveView } from "../port/calls.ts";
import { claimableTotal, onChainTotal } from "./balance-totals.ts";
import { readAddress } from "../payments/bitcoin-address.ts";

const storeKey = "leave";

/**
 * Whether channels may be closed now. Without an answer from the backup server in this run of the app, the local state
 * may be older than another device's, and closing by force with an old state can lose the coins. So the person has to
 * accept that first (`withoutBackup`). Errors: `backup_unverified` (ask the person), `backup_replaced`,
 * `backup_not_writer`.
 */
export async function mayClose(
  backup: Pick<BackedUpStore, "status" | "isVerified" | "leaveWithoutBackup"> | null,
  options: { readonly force: boolean; readonly withoutBackup: boolean },
): Promise<Result<void>> {
  if (backup === null || !options.force || backup.status().state !== "unreachable")
    return ok(undefined);
  if (!backup.isVerified() && !options.withoutBackup) {
    const message =
      "The backup server has not answered since the app started. If another device has used this wallet since, closing by force loses the coins.";
    return err("backup_unverified", message, "safe");
  }
  const allowed = await backup.leaveWithoutBackup();
  // it has answered meanwhile: the usual rules apply
  return !allowed.ok && allowed.error.code === "backup_reachable" ? ok(undefined) : allowed;
}

type StoredLeave = {
  readonly address: string;
  readonly sent: readonly { readonly txid: string; readonly amountSat: string }[];
  /**
   * True while coins are expected and none were sent: between a channel's closing and its sweep no balance shows them,
   * and leaving must not count as done.
   */
  readonly awaited: boolean;
  /** True once nothing was left. Coins that arrive later stay in the wallet. */
  readonly finished: boolean;
};

type LeavingNode = Pick<
  LightningNode,
  "network" | "channels" | "closeChannel" | "balances" | "onChainTransactions" | "sendOnChain"
>;

/**
 * Leaving: closes every channel and sends all coins to an address as they become spendable. The intent is stored first,
 * and a wallet that is opened again continues with it.
 */
export class Leave {
  readonly #node: LeavingNode;
  readonly #store: KeyValueStore;
  #working: Promise<void> = Promise.resolve();

  constructor(node: LeavingNode, store: KeyValueStore) {
    this.#node = node;
    this.#store = store;
  }

  /**
   * Starts leaving, or continues with channels that are left.
   * @param force close without the operator's cooperation: slower and more expensive, for when it does not answer
   */
  async start(destination: string, force: boolean): Promise<Result<LeaveView>> {
    const address = readAddress(destination.trim(), this.#node.network);
    if (!address.ok) return address;
    const before = await this.#read();
    const balances = await this.#node.balances();
    await this.#write({
      address: address.value,
      sent: before?.sent ?? [],
      awaited:
        balances.channelsMsat / 1_000n + claimableTotal(balances) + onChainTotal(balances) >=
        minSweepSat,
      finished: false,
    });
    for (const channel of await this.#node.channels()) {
      // a cooperative close that the operator does not answer can still be forced
      if (channel.closing && !force) continue;
      const closed = await this.#node.closeChannel(channel.channelId, { force });
      if (!closed.ok) {
        const channels = await this.#node.channels();
        // no channel is closing: forget the address, so that later coins are not sent to it
        if (before === undefined && channels.every(({ closing }) => !closing))
          await this.#store.delete(storeKey);
        return closed;
      }
    }
    await this.advance();
    const view = await this.view();
    return view === null
      ? err("leave_unknown", "Closing the channels has not started.", "safe")
      : ok(view);
  }

  /** Sends coins that have become spendable. Call it at every chain event; it is safe to call at any time. */
  advance(): Promise<void> {
    const work = this.#working.then(() => this.#sendSpendable());
    this.#working = work.catch(() => {});
    return work;
  }

  async #sendSpendable(): Promise<void> {
    const leave = await this.#read();
    if (leave === undefined || leave.finished) return;
    const { onChain } = await this.#node.balances();
    const channels = await this.#node.channels();
    // on-chain coins may be needed to bump the anchors of channels that are not closed yet
    if (channels.length > 0) return;
    if (onChain.spendableSat === 0n) {
      const isDone = leave.sent.length > 0 && (await this.view())?.done === true;
      if (isDone) await this.#write({ ...leave, finished: true });
      return;
    }
    const sent = await this.#node.sendOnChain({ address: leave.address, amountSat: "all" });
    if (!sent.ok) return;
    const entry = {
      txid: sent.value.txid,
      amountSat: (onChain.spendableSat - sent.value.feeSat).toString(),
    };
    await this.#write({ ...leave, sent: [...leave.sent, entry], awaited: false });
  }

  /** Null if leaving was not started. */
  async view(): Promise<LeaveView | null> {
    const leave = await this.#read();
    if (leave === undefined) return null;
    const [balances, channels, transactions] = await Promise.all([
      this.#node.balances(),
      this.#node.channels(),
      this.#node.onChainTransactions(),
    ]);
    const claimable = claimableTotal(balances);
    // a transaction that waits for the backup has not been broadcast yet
    const isUnconfirmed = transactions.some(
      ({ txid, height }) => height === null && leave.sent.some((sent) => sent.txid === txid),
    );
    const { spendableSat, trustedPendingSat, untrustedPendingSat, immatureSat } = balances.onChain;
    const unconfirmed = trustedPendingSat + untrustedPendingSat + immatureSat;
    return {
      address: leave.address,
      channelsOpen: channels.filter(({ closing }) => !closing).length,
      channelsClosing: channels.filter(({ closing }) => closing).length,
      claimableSat: claimable.toString(),
      sent: leave.sent,
      done:
        !leave.awaited &&
        !isUnconfirmed &&
        channels.length === 0 &&
        claimable === 0n &&
        spendableSat === 0n &&
        unconfirmed === 0n,
    };
  }

  async #write(leave: StoredLeave): Promise<void> {
    await this.#store.put(storeKey, JSON.stringify(leave));
  }

  async #read(): Promise<StoredLeave | undefined> {
    const text = await this.#store.get(storeKey);
    return text === undefined ? undefined : (JSON.parse(text) as StoredLeave);
  }
}
