import type { Logger } from "pino";
import type { Work } from "../world/work-queue.ts";
import { answerInquiry } from "../daraja/inquiries.ts";
import { executePayout, timeOutQueue } from "../daraja/payouts.ts";
import { answerByPlan, expirePrompt, payLate, showPrompt } from "../daraja/stk-push.ts";
import {
  deliveriesOf,
  endDelivery,
  resumeDeliveries,
  startDelivery,
} from "../callbacks/deliveries.ts";
import type { Delivery, DeliveryAnswer } from "../callbacks/deliveries.ts";
import { readSettings } from "../world/settings.ts";
import type { World } from "../world/world.ts";

/** Sends one callback. Never rejects; without an answer, the status is null. */
export type Send = (delivery: Delivery) => Promise<DeliveryAnswer>;

/** Maximum delay of a Node.js timer. */
const maxTimerMs = 2 ** 31 - 1;

/** Does scheduled work when it is due, and sends callbacks. */
export class Runner {
  readonly #world: World;
  readonly #send: Send;
  readonly #logger: Logger;
  readonly #sending = new Set<Promise<void>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(world: World, send: Send, logger: Logger) {
    this.#world = world;
    this.#send = send;
    this.#logger = logger;
  }

  /** Starts doing work when it is due. First, callbacks that a crash interrupted are scheduled again. */
  start(): void {
    const resumed = resumeDeliveries(this.#world);
    if (resumed > 0) this.#logger.info({ resumed }, "resending interrupted callbacks");
    this.#running = true;
    this.#world.workQueue.onAdded(() => this.#scheduleTimer());
    this.#scheduleTimer();
  }

  /** Stops doing work and waits for callbacks being sent. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.settled();
  }

  /** Does all work that is due. @returns how many items. */
  runDue(): number {
    for (let done = 0; ; done += 1) {
      const work = this.#world.workQueue.nextDue(this.#world.clock.now());
      if (work === undefined) return done;
      this.#execute(work);
    }
  }

  /** Resolves when no callback is being sent. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  /** Resolves when the first callback of a conversation has been answered, or after the timeout. */
  delivered(subject: string, timeoutMs: number): Promise<void> {
    const ended = deliveriesOf(this.#world, subject).some(({ endedAt }) => endedAt !== null);
    if (ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      const waiters = this.#waiting.get(subject) ?? new Set();
      this.#waiting.set(subject, waiters);
      waiters.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #scheduleTimer(): void {
    if (!this.#running) return;
    clearTimeout(this.#timer);
    const dueAt = this.#world.workQueue.nextDueAt();
    if (dueAt === undefined) return;
    const delay = Math.min(Math.max(dueAt - this.#world.clock.now(), 0), maxTimerMs);
    this.#timer = setTimeout(() => {
      this.runDue();
      this.#scheduleTimer();
    }, delay);
  }

  #execute(work: Work): void {
    const { workQueue, database } = this.#world;
    const delivery = database.transaction(() => {
      workQueue.remove(work.id);
      return this.#dispatch(work);
    });
    if (delivery !== undefined) this.#deliver(delivery);
  }

  #dispatch({ kind, subject }: Work): Delivery | undefined {
    switch (kind) {
      case "stk_prompt":
        showPrompt(this.#world, subject);
        return undefined;
      case "stk_answer":
        answerByPlan(this.#world, subject);
        return undefined;
      case "stk_expire":
        expirePrompt(this.#world, subject);
        return undefined;
      case "stk_late_payment":
        payLate(this.#world, subject);
        return undefined;
      case "payout_execute":
        executePayout(this.#world, subject);
        return undefined;
      case "payout_queue_timeout":
        timeOutQueue(this.#world, subject);
        return undefined;
      case "inquiry_answer":
        answerInquiry(this.#world, subject);
        return undefined;
      case "deliver":
        return startDelivery(this.#world, Number(subject));
    }
  }

  #deliver(delivery: Delivery): void {
    const sending = this.#send(delivery).then((answer) => this.#delivered(delivery, answer));
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  #delivered(delivery: Delivery, answer: DeliveryAnswer): void {
    const { callbackAttempts, callbackRetryDelayMs } = readSettings(this.#world.database);
    const accepted = answer.status !== null && answer.status >= 200 && answer.status < 300;
    const retry = !accepted && delivery.attempts < callbackAttempts;
    endDelivery(
      this.#world,
      delivery.id,
      answer,
      retry ? this.#world.clock.now() + callbackRetryDelayMs : null,
    );
    this.#logger.info(
      { delivery: delivery.id, kind: delivery.kind, status: answer.status },
      accepted ? "callback delivered" : "callback not accepted",
    );
    for (const resolve of this.#waiting.get(delivery.subject) ?? []) resolve();
    this.#waiting.delete(delivery.subject);
  }
}
