import type { Info } from "@satsconnect/contracts";
import type { Balances, Channel, Clock } from "@satsconnect/lightning";
import type { BackupStatus } from "../backup/index.ts";
import { rateCents } from "../payments/quote-check.ts";
import type { Notes } from "../storage/key-value-store.ts";
import type { HistoryItem, WalletSnapshot } from "../port/calls.ts";

const noteKey = "snapshot";
const infoKey = "info";
const tellAfterMs = 30;
/** Soon: a page that is closed now shows on its return what was last seen. */
const keepAfterMs = 250;
const recentItems = 5;
/** Below this a clock is taken to be right: answers take their time. */
const clockSlackMs = 5 * 60_000;

/** What the screens see, told when it changes, and kept for the next start. */
export class SnapshotBoard {
  readonly #clock: Clock;
  readonly #notes: Notes;
  readonly #tell: (snapshot: WalletSnapshot) => void;
  #snapshot: WalletSnapshot;
  #info: Info | undefined;
  #told = "";
  #telling = false;
  #keeping = false;

  constructor(clock: Clock, notes: Notes, tell: (snapshot: WalletSnapshot) => void) {
    this.#clock = clock;
    this.#notes = notes;
    this.#tell = tell;
    const since = clock.now();
    this.#snapshot = {
      phase: "starting",
      failure: null,
      network: "",
      nodeId: null,
      connection: { api: "online", node: "connecting", since },
      backup: { state: "current", since, goesOnUntil: null },
      balance: null,
      rate: null,
      moving: [],
      recent: [],
      clockAheadMs: 0,
      operator: null,
    };
  }

  get now(): WalletSnapshot {
    return this.#snapshot;
  }

  /** What the operator last said of itself, in this run or one before. */
  get info(): Info | undefined {
    return this.#info;
  }

  /** Shows what was known at the end of the last run, with its age. */
  async load(): Promise<void> {
    const [snapshot, info] = await Promise.all([
      this.#notes.get(noteKey),
      this.#notes.get(infoKey),
    ]);
    if (info !== undefined) this.#info ??= JSON.parse(info) as Info;
    if (snapshot === undefined) return;
    const { network, nodeId, balance, rate, moving, recent } = JSON.parse(
      snapshot,
    ) as WalletSnapshot;
    this.set({ network, nodeId, balance, rate, moving, recent });
  }

  set(change: Partial<WalletSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#soon();
  }

  setConnection(change: Partial<Omit<WalletSnapshot["connection"], "since">>): void {
    const before = this.#snapshot.connection;
    const isNew =
      (change.api ?? before.api) !== before.api || (change.node ?? before.node) !== before.node;
    if (isNew) this.set({ connection: { ...before, ...change, since: this.#clock.now() } });
  }

  setInfo(info: Info): void {
    this.#info = info;
    void this.#notes.put(infoKey, JSON.stringify(info)).catch(() => {});
    const { rate } = info;
    // a price that cannot be is none: amounts are shown in sats, and the PIN is asked for
    const kesCentsPerBtc = rateCents(rate?.kesPerBtc);
    const aheadMs = this.#clock.now() - Date.parse(info.time);
    this.set({
      network: info.network,
      clockAheadMs: Math.abs(aheadMs) > clockSlackMs ? aheadMs : 0,
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
          ? { state: "off", since: this.#clock.now(), goesOnUntil: null }
          : {
              // replaced: `phase` says it
              state: status.state === "replaced" ? "unreachable" : status.state,
              since: status.since,
              goesOnUntil: status.goesOnUntil,
            },
    });
  }

  setBalances(balances: Balances, channels: readonly Channel[]): void {
    const { onChain } = balances;
    const claimable = balances.claimable
      // the others may be the other side's
      .filter(({ kind }) => kind === "awaitingConfirmations" || kind === "contentious")
      .reduce((sum, { amountSat }) => sum + amountSat, 0n);
    const ours =
      onChain.confirmedSat +
      onChain.trustedPendingSat +
      onChain.untrustedPendingSat +
      onChain.immatureSat;
    const pending = balances.outboundPendingMsat + balances.inboundPendingMsat;
    this.set({
      balance: {
        spendableMsat: spendable(balances, channels).toString(),
        totalMsat: (
          balances.channelsMsat +
          (ours + claimable + balances.sweepingSat + balances.closingSat) * 1_000n
        ).toString(),
        receivableMsat: balances.receivableMsat.toString(),
        onChainSat: ours.toString(),
        pendingMsat: pending.toString(),
        at: this.#clock.now(),
      },
    });
  }

  setHistory(items: readonly HistoryItem[]): void {
    this.set({
      moving: items.filter(({ state }) => state === "moving"),
      recent: items.slice(0, recentItems),
    });
  }

  #soon(): void {
    if (this.#telling) return;
    this.#telling = true;
    this.#clock.after(tellAfterMs, () => {
      this.#telling = false;
      this.flush();
    });
  }

  /** Tells at once what is to be told. */
  flush(): void {
    const text = JSON.stringify(this.#snapshot);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell(this.#snapshot);
    if (this.#keeping || this.#snapshot.phase !== "ready") return;
    this.#keeping = true;
    this.#clock.after(keepAfterMs, () => {
      this.#keeping = false;
      void this.#notes.put(noteKey, JSON.stringify(this.#snapshot)).catch(() => {});
    });
  }
}

/** Away from the operator nothing can be sent; what could be is still the holder's to spend. */
function spendable(balances: Balances, channels: readonly Channel[]): bigint {
  if (channels.some(({ usable }) => usable)) return balances.sendableMsat;
  return channels
    .filter(({ ready, closing }) => ready && !closing)
    .reduce((sum, { nextOutboundHtlcLimitMsat }) => sum + nextOutboundHtlcLimitMsat, 0n);
}
