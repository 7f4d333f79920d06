import { setTimeout as sleep } from "node:timers/promises";
import { logLevelOf } from "@satsconnect/contracts/failures";
import { SubscriptionBroken } from "@satsconnect/contracts/grpc";
import type { EngineClient, Subscription } from "@satsconnect/contracts/grpc";
import type { PaymentEvent } from "@satsconnect/contracts/grpc/payment";
import type { EventCursor } from "../../app/event-cursor.ts";
import type { Logger } from "../../app/logger.ts";

export type PaymentEventsOptions = {
  readonly engine: EngineClient;
  readonly cursor: EventCursor;
  /** Processes an event. Must be durable when it resolves, and idempotent: an event may be delivered again. */
  readonly take: (event: PaymentEvent) => Promise<void>;
  readonly log: Logger;
};

export type PaymentEvents = {
  /** Whether the stream is connected. */
  readonly connected: () => boolean;
  readonly stop: () => Promise<void>;
};

const minRetryMs = 100;
const maxRetryMs = 2_000;

/**
 * Subscribes to the engine's payment events, in order, starting after the cursor, and resubscribes whenever the stream
 * breaks. The cursor advances only after `take` resolved, so a crash repeats an event and never skips one.
 */
export function followPaymentEvents({
  engine,
  cursor,
  take,
  log,
}: PaymentEventsOptions): PaymentEvents {
  let stopped = false;
  let connected = false;
  let logged = false;
  let stream: Subscription<PaymentEvent> | null = null;

  /** Logs once per interruption, not for every retry. */
  function logOnce(error: unknown): void {
    if (logged) return;
    logged = true;
    if (error instanceof SubscriptionBroken) {
      log[logLevelOf(error.failure.code)](
        { code: error.failure.code },
        "payment event stream interrupted; reconnecting",
      );
    } else {
      log.error({ error }, "payment event could not be processed; retrying");
    }
  }

  async function follow(): Promise<void> {
    let retryMs = minRetryMs;
    while (!stopped) {
      try {
        stream = engine.payment.paymentStream(await cursor.read());
        if (stopped) stream.cancel();
        connected = true;
        for await (const event of stream) {
          await take(event);
          await cursor.advance(event.sequence);
          retryMs = minRetryMs;
          logged = false;
        }
      } catch (error) {
        if (!stopped) {
          logOnce(error);
        }
      } finally {
        connected = false;
        stream = null;
      }
      if (!stopped) await sleep(retryMs);
      retryMs = Math.min(retryMs * 2, maxRetryMs);
    }
  }

  const running = follow();
  return {
    connected: () => connected,
    stop: async () => {
      stopped = true;
      stream?.cancel();
      await running;
    },
  };
}
