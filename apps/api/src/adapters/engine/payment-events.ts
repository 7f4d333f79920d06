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
  /**
   * Processes an event. Its effects must be durable when it resolves, because the cursor advances then. Must be idempotent:
   * after a crash or a failure, the event is delivered again.
   */
  readonly onEvent: (event: PaymentEvent) => Promise<void>;
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
 * breaks. The cursor advances only after `onEvent` resolved, so a crash repeats an event and never skips one.
 */
export function subscribeToPaymentEvents({
  engine,
  cursor,
  onEvent,
  log,
}: PaymentEventsOptions): PaymentEvents {
  let stopped = false;
  let connected = false;
  let interruptionLogged = false;
  let stream: Subscription<PaymentEvent> | null = null;

  /** Logs once per interruption, not for every retry. */
  function logOnce(error: unknown): void {
    if (interruptionLogged) return;
    interruptionLogged = true;
    if (error instanceof SubscriptionBroken) {
      log[logLevelOf(error.failure.code)](
        { code: error.failure.code },
        "payment event stream interrupted; reconnecting",
      );
    } else {
      log.error({ error }, "payment event could not be processed; retrying");
    }
  }

  async function run(): Promise<void> {
    let retryMs = minRetryMs;
    while (!stopped) {
      try {
        stream = engine.payment.paymentStream(await cursor.read());
        if (stopped) stream.cancel();
        connected = true;
        for await (const event of stream) {
          await onEvent(event);
          await cursor.advance(event.sequence);
          retryMs = minRetryMs;
          interruptionLogged = false;
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

  const running = run();
  return {
    connected: () => connected,
    stop: async () => {
      stopped = true;
      stream?.cancel();
      await running;
    },
  };
}
