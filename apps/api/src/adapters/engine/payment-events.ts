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
  /** Takes an event in. Must be durable when it resolves, and harmless when it is called again for the same event. */
  readonly take: (event: PaymentEvent) => Promise<void>;
  readonly log: Logger;
};

export type PaymentEvents = {
  /** Whether the stream is open. */
  readonly connected: () => boolean;
  readonly stop: () => Promise<void>;
};

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * Follows the engine's payments from where it left off, for ever. The cursor moves only after an event was taken in, so
 * a crash repeats events and never skips one.
 */
export function followPaymentEvents({
  engine,
  cursor,
  take,
  log,
}: PaymentEventsOptions): PaymentEvents {
  let stopped = false;
  let connected = false;
  let complained = false;
  let stream: Subscription<PaymentEvent> | null = null;

  /** Once for an interruption, however often it is tried again. */
  function complain(error: unknown): void {
    if (complained) return;
    complained = true;
    if (error instanceof SubscriptionBroken) {
      log[logLevelOf(error.failure.code)](
        { code: error.failure.code },
        "the engine's payment events were interrupted",
      );
    } else {
      log.error({ error }, "one of the engine's payment events could not be taken in");
    }
  }

  async function follow(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!stopped) {
      try {
        stream = engine.payment.paymentStream(await cursor.read());
        if (stopped) stream.cancel();
        connected = true;
        for await (const event of stream) {
          await take(event);
          await cursor.advance(event.sequence);
          pauseMs = firstPauseMs;
          complained = false;
        }
      } catch (error) {
        if (!stopped) {
          complain(error);
        }
      } finally {
        connected = false;
        stream = null;
      }
      if (!stopped) await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
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
