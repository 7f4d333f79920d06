import type { Balances, Channel, NodeEvent } from "@satsconnect/lightning";
import { olderStatePolicy } from "../policy.ts";
import type { OlderStateView } from "../port/calls.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { claimableTotal } from "./balance-totals.ts";

const storeKey = "older-state";

type FallenBehind = {
  readonly channelId: string;
  readonly side: "own" | "peer";
  /** Milliseconds since 1970, as are all times here. */
  readonly at: number;
  /** The first sweep of its closing transaction; null before that. */
  readonly swept: { readonly at: number; readonly amountSat: string } | null;
};

type Stored = {
  /** The latest restore, with the channels that their peers have not confirmed since. */
  readonly restore: {
    readonly id: string;
    readonly at: number;
    readonly unconfirmed: readonly string[];
  } | null;
  /** Channels that are closed because one side's state was older. */
  readonly fallen: readonly FallenBehind[];
};

/** The inputs of the view, all of the same moment. */
type NodeState = {
  readonly channels: readonly Pick<Channel, "channelId" | "usable">[];
  readonly balances: Balances;
  readonly tipHeight: number;
  readonly now: number;
};

/**
 * Remembers, across restarts, which channels their peers have to confirm after a restore, and which ones are closed
 * because one side's state was older than the other's (`docs/backup.md`, "A state that has fallen behind").
 */
export class OlderState {
  readonly #store: KeyValueStore;
  #state: Stored;

  private constructor(store: KeyValueStore, state: Stored) {
    this.#store = store;
    this.#state = state;
  }

  /**
   * @param restoredFrom the restore that the node's state comes from (`CommitStore.restoredFrom`), or undefined
   * @param channels the node's open channels
   */
  static async open(
    store: KeyValueStore,
    restoredFrom: string | undefined,
    channels: readonly Pick<Channel, "channelId">[],
    now: number,
  ): Promise<OlderState> {
    const text = await store.get(storeKey);
    const state: Stored =
      text === undefined ? { restore: null, fallen: [] } : (JSON.parse(text) as Stored);
    const olderState = new OlderState(store, state);
    if (restoredFrom !== undefined && restoredFrom !== state.restore?.id) {
      const unconfirmed = channels.map(({ channelId }) => channelId);
      await olderState.#write({ ...state, restore: { id: restoredFrom, at: now, unconfirmed } });
    }
    return olderState;
  }

  /** True while a restored channel has not been confirmed by its peer: its state may be revoked. */
  get isUnconfirmed(): boolean {
    return (this.#state.restore?.unconfirmed ?? []).length > 0;
  }

  /** Takes a node event into account. Resolves once that is stored; an event may be repeated. */
  async apply(event: NodeEvent): Promise<void> {
    const { fallen } = this.#state;
    const found = fallenBehind(event);
    if (found !== undefined) {
      if (fallen.some((one) => one.channelId === found.channelId)) return;
      await this.#write({ ...this.#state, fallen: [...fallen, { ...found, swept: null }] });
    } else if (event.type === "outputsSweeping") {
      const { channelId, at } = event;
      if (!fallen.some((one) => one.channelId === channelId && one.swept === null)) return;
      const swept = { at, amountSat: event.amountSat.toString() };
      await this.#write({
        ...this.#state,
        fallen: fallen.map((one) => (one.channelId === channelId ? { ...one, swept } : one)),
      });
    }
  }

  /** The view for the screens, or null if there is nothing to say. Forgets channels whose coins have arrived. */
  async view(node: NodeState): Promise<OlderStateView | null> {
    await this.#forget(node);
    const { restore, fallen } = this.#state;
    const first = fallen[0];
    if (first === undefined)
      return restore === null || !this.isUnconfirmed
        ? null
        : { stage: "unconfirmed", side: "own", at: restore.at, untilAt: null, amountSat: null };
    const { claimable } = node.balances;
    const side = fallen.some((one) => one.side === "own") ? "own" : "peer";
    // LDK reports the older state's balance until the sweep, so no amount is known before
    const view = { side, at: first.at, amountSat: null } as const;
    const { closeWithinMs, sweepWithinMs, blockMs } = olderStatePolicy;
    if (claimable.length > 0) {
      const height = Math.max(...claimable.map((claim) => claim.height ?? node.tipHeight));
      const blocks = Math.max(1, height - node.tipHeight);
      return { stage: "confirming", ...view, untilAt: node.now + blocks * blockMs };
    }
    const sweeps = fallen.flatMap(({ swept }) => swept ?? []);
    if (sweeps.length < fallen.length)
      return { stage: "asked", ...view, untilAt: first.at + closeWithinMs };
    return {
      stage: "sweeping",
      ...view,
      untilAt: Math.max(...sweeps.map(({ at }) => at)) + sweepWithinMs,
      amountSat: sweeps.reduce((sum, { amountSat }) => sum + BigInt(amountSat), 0n).toString(),
    };
  }

  async #forget({ channels, balances, now }: NodeState): Promise<void> {
    const { restore, fallen } = this.#state;
    // usable: the peer has confirmed it. Not in the list: it has been closed.
    const unconfirmed = (restore?.unconfirmed ?? []).filter((channelId) =>
      channels.some((channel) => channel.channelId === channelId && !channel.usable),
    );
    const isPending = claimableTotal(balances) > 0n;
    const remaining = fallen.filter(
      ({ at, swept }) =>
        isPending || (swept === null && now - at < olderStatePolicy.forgetUnpaidAfterMs),
    );
    if (unconfirmed.length !== restore?.unconfirmed.length || remaining.length !== fallen.length)
      await this.#write({
        restore: restore === null ? null : { ...restore, unconfirmed },
        fallen: remaining,
      });
  }

  async #write(state: Stored): Promise<void> {
    await this.#store.put(storeKey, JSON.stringify(state));
    this.#state = state;
  }
}

/** The channel that an event shows to be closed because of an older state. */
function fallenBehind(event: NodeEvent): Omit<FallenBehind, "swept"> | undefined {
  const { at } = event;
  if (event.type === "channelFellBehind")
    return { channelId: event.channelId, side: event.side, at };
  // the watchtower knew a newer state: closed at the start, before the peer was asked
  return event.type === "channelClosed" &&
    event.closure === "outdatedState" &&
    event.channelId !== null
    ? { channelId: event.channelId, side: "own", at }
    : undefined;
}
