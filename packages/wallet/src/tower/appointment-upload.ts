import {
  locatorOf,
  maxAppointmentsPerRequest,
  sealJustice,
} from "@satsconnect/contracts/watchtower";
import type { Appointment, TowerClient } from "@satsconnect/contracts/watchtower";
import type { Clock, JusticeItem, LightningNode, Logger } from "@satsconnect/lightning";
import { hexToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import { appointmentPolicy } from "../policy.ts";

/**
 * Whether the watchtower can punish every revoked transaction that it was told of. `behind`: some wait for longer than an
 * upload takes, or there was no room for them.
 */
export type AppointmentStatus = {
  readonly state: "current" | "behind";
  /** When the state last changed, in ms since 1970. */
  readonly since: number;
  /** Revoked transactions that the watchtower does not have yet. */
  readonly waiting: number;
};

export type AppointmentUploadOptions = {
  readonly justice: LightningNode["justice"];
  readonly client: Pick<TowerClient, "addAppointments">;
  /** The name under which the watchtower knows a channel. */
  readonly channelName: (channelId: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Gives the watchtower the justice transactions of this node, in the background: nothing waits for it. An item is deleted
 * only once the tower has signed that it has it, so a crash at most sends it twice.
 */
export class AppointmentUpload {
  readonly #options: AppointmentUploadOptions;
  readonly #listeners = new Set<(status: AppointmentStatus) => void>();
  readonly #stopObserving: () => void;
  #status: AppointmentStatus;
  /** Since when items wait; undefined if none do. */
  #waitingSince: number | undefined;
  #isRunning = false;
  /** Items came while a run was ending. */
  #isDue = false;
  #isStopped = false;
  #retries = 0;
  /** Cancels the timer that the next run waits for. */
  #cancelWait: (() => void) | undefined;

  constructor(options: AppointmentUploadOptions) {
    this.#options = options;
    this.#status = { state: "current", since: options.clock.now(), waiting: 0 };
    this.#stopObserving = options.justice.observe(() => this.#startSoon());
    this.#start();
  }

  status(): AppointmentStatus {
    return this.#status;
  }

  /** Calls back when the status changes. Returns a function that unsubscribes. */
  subscribe(listener: (status: AppointmentStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts no more requests. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelWait?.();
    this.#stopObserving();
  }

  /** Lets the other states of a payment join, and the payment go first. */
  #startSoon(): void {
    // they wait from now on, not from the next run on
    if (!this.#isStopped) this.#publish(true);
    if (this.#isRunning) this.#isDue = true;
    else if (!this.#isStopped && this.#cancelWait === undefined)
      this.#startAfter(appointmentPolicy.gatherMs);
  }

  #startAfter(delayMs: number): void {
    this.#cancelWait = this.#options.clock.after(delayMs, () => {
      this.#cancelWait = undefined;
      this.#start();
    });
  }

  #start(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isDue = false;
    this.#isRunning = true;
    void this.#run()
      .catch((error: unknown) => {
        this.#options.logger.warn({ error: String(error) }, "appointments not read; retrying");
        this.#retry();
      })
      .finally(() => {
        this.#isRunning = false;
        if (this.#isDue) this.#startSoon();
      });
  }

  async #run(): Promise<void> {
    const { justice, client, logger } = this.#options;
    for (;;) {
      const items = await justice.list(maxAppointmentsPerRequest);
      if (this.#isStopped) return;
      this.#publish(items.length > 0);
      if (items.length === 0) return;
      const request = this.#requestOf(items);
      const added = await client.addAppointments(request);
      if (this.#isStopped) return;
      if (!added.ok) {
        logger.warn({ reason: added.error.message }, "appointments not uploaded; retrying");
        if (added.error.code === "tower_refused") await this.#reportClosed();
        return this.#retry();
      }
      this.#retries = 0;
      await justice.delivered(items);
    }
  }

  /** A tower without room for further appointments gains some when it knows which channels are closed. */
  async #reportClosed(): Promise<void> {
    const { justice, client } = this.#options;
    const all = await justice.list(appointmentPolicy.maxListed);
    const closed = all.filter(({ type }) => type === "closed").slice(0, maxAppointmentsPerRequest);
    if (closed.length === 0 || this.#isStopped) return;
    const reported = await client.addAppointments(this.#requestOf(closed));
    if (reported.ok) await justice.delivered(closed);
  }

  #requestOf(items: readonly JusticeItem[]) {
    const { channelName } = this.#options;
    const appointments: Appointment[] = [];
    const closed: string[] = [];
    for (const item of items) {
      if (item.type === "closed") {
        closed.push(channelName(item.channelId));
        continue;
      }
      const { commitmentTxid, valueSat } = item;
      const transactions = item.transactions.map(hexToBytes);
      appointments.push({
        channel: channelName(item.channelId),
        locator: locatorOf(commitmentTxid),
        blob: base64.encode(sealJustice({ valueSat, transactions }, commitmentTxid)),
      });
    }
    return { appointments, closed };
  }

  #publish(isWaiting: boolean): void {
    const { justice, clock } = this.#options;
    const { waiting = 0, dropped = 0 } = justice.state() ?? {};
    const now = clock.now();
    this.#waitingSince = isWaiting ? (this.#waitingSince ?? now) : undefined;
    const isLate =
      this.#waitingSince !== undefined && now - this.#waitingSince > appointmentPolicy.lateAfterMs;
    const state = isLate || dropped > 0 ? "behind" : "current";
    const before = this.#status;
    if (state === before.state && waiting === before.waiting) return;
    this.#status = { state, waiting, since: state === before.state ? before.since : now };
    for (const listener of this.#listeners) listener(this.#status);
  }

  #retry(): void {
    const { firstRetryMs, maxRetryMs } = appointmentPolicy;
    const wait = Math.min(maxRetryMs, firstRetryMs * 2 ** this.#retries);
    this.#retries += 1;
    this.#startAfter(wait);
  }
}
