import type { Balances, LightningNode } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Notes } from "../storage/key-value-store.ts";
import type { LeaveView } from "../port/calls.ts";
import { readAddress } from "./payment-text.ts";

const noteKey = "leave";

type LeaveNote = {
  readonly address: string;
  readonly sent: readonly { readonly txid: string; readonly amountSat: string }[];
  /** There was money, and none of it was sent yet: whatever the books say in between, this is not the end. */
  readonly awaited: boolean;
  /** Nothing was left: what comes later stays here. */
  readonly finished: boolean;
};

/** What it takes of a node. */
type LeavingNode = Pick<
  LightningNode,
  "network" | "channels" | "closeChannel" | "balances" | "sendOnChain"
>;

/** Less than this may not pay for its own way out. */
const worthWaitingForSat = 1_000n;

/**
 * The way out: every channel is closed, and what becomes free on chain goes to an address, however long that takes. The
 * intent is noted first, and a wallet that is opened again goes on with it.
 */
export class Leave {
  readonly #node: LeavingNode;
  readonly #notes: Notes;
  #working: Promise<void> = Promise.resolve();

  constructor(node: LeavingNode, notes: Notes) {
    this.#node = node;
    this.#notes = notes;
  }

  /** @param force without the operator's signature: slower and dearer, for when it does not answer. */
  async begin(given: string, force: boolean): Promise<Result<LeaveView>> {
    const address = readAddress(given.trim(), this.#node.network);
    if (!address.ok) return address;
    const before = await this.#read();
    const balances = await this.#node.balances();
    await this.#write({
      address: address.value,
      sent: before?.sent ?? [],
      awaited:
        balances.channelsMsat / 1_000n + leftOf(balances) + ownedOf(balances) >= worthWaitingForSat,
      finished: false,
    });
    for (const channel of await this.#node.channels()) {
      // one that was asked and is not answered can still be forced
      if (channel.closing && !force) continue;
      const closed = await this.#node.closeChannel(channel.channelId, { force });
      if (!closed.ok) {
        const channels = await this.#node.channels();
        // nothing was begun: what comes on chain later must not go there
        if (before === undefined && channels.every(({ closing }) => !closing))
          await this.#notes.delete(noteKey);
        return closed;
      }
    }
    await this.goOn();
    const view = await this.view();
    return view === null ? err("leave_unknown", "Nothing was begun.", "safe") : ok(view);
  }

  /** Sends what has become free since. Called at every change of the chain; harmless at any time. */
  goOn(): Promise<void> {
    const work = this.#working.then(() => this.#sendFree());
    this.#working = work.catch(() => {});
    return work;
  }

  async #sendFree(): Promise<void> {
    const note = await this.#read();
    if (note === undefined || note.finished) return;
    const { onChain } = await this.#node.balances();
    const channels = await this.#node.channels();
    // anchors of channels that are not closed yet may have to be bumped from it
    if (channels.length > 0) return;
    if (onChain.spendableSat === 0n) {
      const isDone = note.sent.length > 0 && (await this.view())?.done === true;
      if (isDone) await this.#write({ ...note, finished: true });
      return;
    }
    const sent = await this.#node.sendOnChain({ address: note.address, amountSat: "all" });
    if (!sent.ok) return;
    const entry = {
      txid: sent.value.txid,
      amountSat: (onChain.spendableSat - sent.value.feeSat).toString(),
    };
    await this.#write({ ...note, sent: [...note.sent, entry], awaited: false });
  }

  /** Null: nobody wants to leave. */
  async view(): Promise<LeaveView | null> {
    const note = await this.#read();
    if (note === undefined) return null;
    const [balances, channels] = await Promise.all([this.#node.balances(), this.#node.channels()]);
    const left = leftOf(balances);
    const { spendableSat, trustedPendingSat, untrustedPendingSat, immatureSat } = balances.onChain;
    const coming = trustedPendingSat + untrustedPendingSat + immatureSat;
    return {
      address: note.address,
      channelsOpen: channels.filter(({ closing }) => !closing).length,
      channelsClosing: channels.filter(({ closing }) => closing).length,
      claimableSat: left.toString(),
      sent: note.sent,
      done:
        !note.awaited &&
        channels.length === 0 &&
        left === 0n &&
        spendableSat === 0n &&
        coming === 0n,
    };
  }

  async #write(note: LeaveNote): Promise<void> {
    await this.#notes.put(noteKey, JSON.stringify(note));
  }

  async #read(): Promise<LeaveNote | undefined> {
    const text = await this.#notes.get(noteKey);
    return text === undefined ? undefined : (JSON.parse(text) as LeaveNote);
  }
}

/** In closed channels, on its way to the wallet. */
function leftOf({ claimable, sweepingSat, closingSat }: Balances): bigint {
  return claimable.reduce((sum, { amountSat }) => sum + amountSat, sweepingSat + closingSat);
}

/** On chain, whether it can be spent already or not. */
function ownedOf({ onChain }: Balances): bigint {
  return (
    onChain.confirmedSat +
    onChain.trustedPendingSat +
    onChain.untrustedPendingSat +
    onChain.immatureSat
  );
}
