import type { Request, Response } from "express";
import type { OrderEvent } from "@satsconnect/contracts";
import type { Logger } from "../app/logger.ts";
import type { OrderEventFilter } from "../app/orders/ports.ts";

/** Reads the order events of a wallet. Each event was committed together with the order's change. */
export type OrderEventSource = {
  /** Oldest first. Returns an event only once no event with a lower sequence number can still be committed. */
  readonly read: (walletId: string, filter: OrderEventFilter) => Promise<readonly OrderEvent[]>;
  readonly latestSequence: (walletId: string) => Promise<bigint>;
};

export type EventStreamsOptions = {
  readonly source: OrderEventSource;
  /** Checked at every heartbeat; the stream ends when it resolves to false, because the device was signed out. */
  readonly isSessionLive: (sessionId: string) => Promise<boolean>;
  readonly log: Logger;
  readonly heartbeatMs?: number;
  readonly pollMs?: number;
};

export type EventStreams = {
  /**
   * Serves one stream until the client disconnects. Returns false if the wallet has `maxStreamsPerWallet` streams
   * open.
   */
  readonly serve: (stream: StreamRequest, request: Request, response: Response) => boolean;
  /** Makes the wallet's streams look for new events now; without an argument, all streams. */
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

export const maxStreamsPerWallet = 8;
const pageSize = 100;

/**
 * Server-sent events, read from the database. `wake` delivers new events at once; a poll every `pollMs` delivers those for
 * which `wake` was not called.
 */
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
    const walletStreams = streams.get(stream.walletId) ?? new Set<Stream>();
    if (walletStreams.size >= maxStreamsPerWallet) return false;
    streams.set(stream.walletId, walletStreams);

    let cursor = stream.afterSequence;
    let readAgain = true;
    let reading = false;
    let ended = false;

    async function sendNewEvents(): Promise<void> {
      if (reading) return;
      reading = true;
      try {
        while (readAgain && !ended) {
          readAgain = false;
          for (let page = await readPage(); page.length > 0 && !ended; page = await readPage()) {
            for (const event of page) {
              await write(
                `id: ${event.sequence}\nevent: order\ndata: ${JSON.stringify(event)}\n\n`,
              );
              cursor = BigInt(event.sequence);
            }
          }
        }
      } catch (error) {
        // The client reconnects with the id of the last event it received.
        log.warn({ error }, "event stream interrupted");
        end();
      } finally {
        reading = false;
      }
    }

    const readPage = () =>
      source.read(stream.walletId, {
        orderId: stream.orderId,
        afterSequence: cursor,
        limit: pageSize,
      });

    async function write(text: string): Promise<void> {
      if (ended || response.write(text)) return;
      await new Promise<void>((resolve) => {
        response.once("drain", resolve);
        response.once("close", resolve);
      });
    }

    function end(): void {
      if (ended) return;
      ended = true;
      clearInterval(heartbeat);
      walletStreams.delete(handle);
      if (walletStreams.size === 0) streams.delete(stream.walletId);
      response.end();
    }

    const handle: Stream = {
      wake: () => {
        readAgain = true;
        void sendNewEvents();
      },
      end,
    };
    const heartbeat = setInterval(() => {
      isSessionLive(stream.sessionId).then(
        (live) => (live ? void write(": still here\n\n") : end()),
        // Keep the stream open when the session cannot be checked; the next heartbeat checks again.
        () => void write(": still here\n\n"),
      );
    }, heartbeatMs);

    walletStreams.add(handle);
    request.once("close", end);
    response.once("close", end);
    response.status(200).set({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    void write("retry: 1000\n\n").then(() => sendNewEvents());
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
