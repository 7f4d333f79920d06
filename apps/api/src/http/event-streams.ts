import type { Request, Response } from "express";
import type { OrderEvent } from "@satsconnect/contracts";
import type { Logger } from "../app/logger.ts";
import type { OrderEventFilter } from "../app/orders/ports.ts";

/** Where order events are read from. They were committed with the order's change, so none is ever made up here. */
export type OrderEventSource = {
  /** Oldest first, only events that no earlier one can still appear before. */
  readonly read: (walletId: string, filter: OrderEventFilter) => Promise<readonly OrderEvent[]>;
  readonly latestSequence: (walletId: string) => Promise<bigint>;
};

export type EventStreamsOptions = {
  readonly source: OrderEventSource;
  /** False ends the stream: the device was signed out. */
  readonly isSessionLive: (sessionId: string) => Promise<boolean>;
  readonly log: Logger;
  readonly heartbeatMs?: number;
  readonly pollMs?: number;
};

export type EventStreams = {
  /** Serves one stream until the client leaves. False when the wallet has too many already. */
  readonly serve: (stream: StreamRequest, request: Request, response: Response) => boolean;
  /** There may be something new: for one wallet, or for anybody. */
  readonly wake: (walletId?: string) => void;
  readonly openStreams: () => number;
  readonly close: () => void;
};

type StreamRequest = {
  readonly walletId: string;
  readonly sessionId: string;
  readonly orderId: string | null;
  readonly afterSequence: bigint;
};

const streamsPerWallet = 8;
const pageSize = 100;

/** Server-sent events out of the database: a wake-up only makes it quicker, a poll finds what no wake-up told of. */
export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { source, isSessionLive, log, heartbeatMs = 15_000, pollMs = 2_000 } = options;
  const streams = new Map<string, Set<Stream>>();
  const poll = setInterval(() => wake(), pollMs);
  poll.unref();

  type Stream = { readonly wake: () => void; readonly end: () => void };

  function wake(walletId?: string): void {
    const sets =
      walletId === undefined ? [...streams.values()] : [streams.get(walletId) ?? new Set<Stream>()];
    for (const set of sets) for (const stream of set) stream.wake();
  }

  function serve(stream: StreamRequest, request: Request, response: Response): boolean {
    const ofWallet = streams.get(stream.walletId) ?? new Set<Stream>();
    if (ofWallet.size >= streamsPerWallet) return false;
    streams.set(stream.walletId, ofWallet);

    let cursor = stream.afterSequence;
    let wanted = true;
    let pumping = false;
    let over = false;

    async function pump(): Promise<void> {
      if (pumping) return;
      pumping = true;
      try {
        while (wanted && !over) {
          wanted = false;
          for (let page = await next(); page.length > 0 && !over; page = await next()) {
            for (const event of page) {
              await write(
                `id: ${event.sequence}\nevent: order\ndata: ${JSON.stringify(event)}\n\n`,
              );
              cursor = BigInt(event.sequence);
            }
          }
        }
      } catch (error) {
        // The client resumes behind the last event that it saw.
        log.warn({ error }, "an event stream was interrupted");
        end();
      } finally {
        pumping = false;
      }
    }

    const next = () =>
      source.read(stream.walletId, {
        orderId: stream.orderId,
        afterSequence: cursor,
        limit: pageSize,
      });

    async function write(text: string): Promise<void> {
      if (over || response.write(text)) return;
      await new Promise<void>((resolve) => {
        response.once("drain", resolve);
        response.once("close", resolve);
      });
    }

    function end(): void {
      if (over) return;
      over = true;
      clearInterval(heartbeat);
      ofWallet.delete(handle);
      if (ofWallet.size === 0) streams.delete(stream.walletId);
      response.end();
    }

    const handle: Stream = {
      wake: () => {
        wanted = true;
        void pump();
      },
      end,
    };
    const heartbeat = setInterval(() => {
      isSessionLive(stream.sessionId).then(
        (live) => (live ? void write(": still here\n\n") : end()),
        // Not knowing is no reason to hang up; the next beat asks again.
        () => void write(": still here\n\n"),
      );
    }, heartbeatMs);

    ofWallet.add(handle);
    request.once("close", end);
    response.once("close", end);
    response.status(200).set({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    void write("retry: 1000\n\n").then(() => pump());
    return true;
  }

  return {
    serve,
    wake,
    openStreams: () => [...streams.values()].reduce((total, set) => total + set.size, 0),
    close: () => {
      clearInterval(poll);
      for (const set of [...streams.values()]) for (const stream of [...set]) stream.end();
    },
  };
}
