import type { Info } from "@satsconnect/contracts";
import type { Balances, Channel, Clock } from "@satsconnect/lightning";
import type { BackupStatus } from "../backup/index.ts";
import { workerPolicy } from "../policy.ts";
import { rateCents } from "../payments/quote-check.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import type { HistoryItem, WalletSnapshot } from "../port/calls.ts";
import { startingSnapshot } from "../port/starting-snapshot.ts";
import { onChainTotal } from "./balance-totals.ts";

const snapshotKey = "snapshot";
const infoKey = "info";

/** Holds the snapshot for the screens, publishes it when it changes, and stores it for the next start. */
export class SnapshotPublisher {
  readonly #clock: Clock;
  readonly #store: KeyValueStore;
  readonly #publish: (snapshot: WalletSnapshot) => void;
  #snapshot: WalletSnapshot;
  #info: Info | undefined;
  #published = "";
  #isPublishing = false;
  #isStoring = false;

  constructor(clock: Clock, store: KeyValueStore, publish: (snapshot: WalletSnapshot) => void) {
    this.#clock = clock;
    this.#store = store;
    this.#publish = publish;
    this.#snapshot = startingSnapshot(clock.now());
  }

  get current(): WalletSnapshot {
    return this.#snapshot;
  }

  /** The API's last `info` answer, from this run or an earlier one. */
  get info(): Info | undefined {
    return this.#info;
  }

  /** Loads the last run's snapshot; its times show how old it is. */
  async load(): Promise<void> {
    const [snapshot, info] = await Promise.all([
      this.#store.get(snapshotKey),
      this.#store.get(infoKey),
    ]);
    if (info !== undefined) this.#info ??= JSON.parse(info) as Info;
    if (snapshot === undefined) return;
    // stored by an earlier version of the app, it lacks some of these
    const stored = JSON.parse(snapshot) as WalletSnapshot & Partial<WalletSnapshot>;
    const { network, nodeId, balance, rate, moving, recent, olderState = null } = stored;
    const { nothingRestored = false } = stored;
    this.set({ network, nodeId, balance, rate, moving, recent, olderState, nothingRestored });
  }

  set(change: Partial<WalletSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#schedule();
  }

  setConnection(change: Partial<Omit<WalletSnapshot["connection"], "since">>): void {
    const before = this.#snapshot.connection;
    const isNew =
      (change.api ?? before.api) !== before.api || (change.node ?? before.node) !== before.node;
    if (isNew) this.set({ connection: { ...before, ...change, since: this.#clock.now() } });
  }

  setInfo(info: Info): void {
    this.#info = info;
    void this.#store.put(infoKey, JSON.stringify(info)).catch(() => {});
    const { rate } = info;
    // without a plausible price, amounts are shown in sats and the app always asks for the PIN
    const kesCentsPerBtc = rateCents(rate?.kesPerBtc);
    const aheadMs = this.#clock.now() - Date.parse(info.time);
    this.set({
      network: info.network,
      clockAheadMs: Math.abs(aheadMs) > workerPolicy.clockToleranceMs ? aheadMs : 0,
      operator: { paused: kesCentsPerBtc === null || info.node === null },
      ...(rate === null
        ? {}
        : {
            rate:
              kesCentsPerBtc === null
                ? null
                : { kesCentsPerBtc: kesCentsPerBtc.toString(), at: Date.parse(rate.asOf) },
          }),
    });
  }

  setBackup(status: BackupStatus | undefined): void {
    this.set({
      backup:
        status === undefined
          ? { state: "off", since: this.#clock.now(), withoutBackupUntil: null }
          : {
              // `phase` reports that the wallet was replaced
              state: status.state === "replaced" ? "unreachable" : status.state,
              since: status.since,
              withoutBackupUntil: status.withoutBackupUntil,
            },
      ...(status === undefined ? {} : { watchtower: status.tower }),
    });
  }

  setBalances(balances: Balances, channels: readonly Channel[]): void {
    const claimable = balances.claimable
      // claims of other kinds may belong to the counterparty
      .filter(({ kind }) => kind === "awaitingConfirmations" || kind === "contentious")
      .reduce((sum, { amountSat }) => sum + amountSat, 0n);
    const onChainSat = onChainTotal(balances);
    const pending = balances.outboundPendingMsat + balances.inboundPendingMsat;
    this.set({
      balance: {
        spendableMsat: spendable(balances, channels).toString(),
        totalMsat: (
          balances.channelsMsat +
          (onChainSat + claimable + balances.sweepingSat + balances.closingSat) * 1_000n
        ).toString(),
        receivableMsat: balances.receivableMsat.toString(),
        onChainSat: onChainSat.toString(),
        pendingMsat: pending.toString(),
        at: this.#clock.now(),
      },
    });
  }

  setHistory(items: readonly HistoryItem[]): void {
    this.set({
      moving: items.filter(({ state }) => state === "moving"),
      recent: items.slice(0, workerPolicy.recentItems),
    });
  }

  #schedule(): void {
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    this.#clock.after(workerPolicy.publishDelayMs, () => {
      this.#isPublishing = false;
      this.flush();
    });
  }

  /** Publishes pending changes at once. */
  flush(): void {
    const text = JSON.stringify(this.#snapshot);
    if (text === this.#published) return;
    this.#published = text;
    this.#publish(this.#snapshot);
    if (this.#isStoring || this.#snapshot.phase !== "ready") return;
    this.#isStoring = true;
    this.#clock.after(workerPolicy.storeDelayMs, () => {
      this.#isStoring = false;
      void this.#store.put(snapshotKey, JSON.stringify(this.#snapshot)).catch(() => {});
    });
  }
}

/**
 * The balance that can be sent. While no channel is usable (offline), the limits of channels that are ready count, because
 * the money is still the holder's to spend.
 */
function spendable(balances: Balances, channels: readonly Channel[]): bigint {
  if (channels.some(({ usable }) => usable)) return balances.sendableMsat;
  return channels
    .filter(({ ready, closing }) => ready && !closing)
    .reduce((sum, { nextOutboundHtlcLimitMsat }) => sum + nextOutboundHtlcLimitMsat, 0n);
}
