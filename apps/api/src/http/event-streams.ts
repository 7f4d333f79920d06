import type { Request, Response } from "express";
import type { OrderEvent } from "@satsconnect/contracts";
import type { Logger } from "../app/logger.ts";
import { addressRange } from "./address-range.ts";
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
  /** Streams that this process serves at the same time. */
  readonly maxStreams?: number;
};

export type EventStreams = {
  /**
   * Serves one stream until the client disconnects. `wallet_full`: the wallet has `maxStreamsPerWallet` streams open.
   * `full`: this process serves as many as it can, and no address range has more of them than the newcomer's.
   */
  readonly serve: (
    stream: StreamRequest,
    request: Request,
    response: Response,
  ) => "served" | "wallet_full" | "full";
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
/** Each open stream costs about 20 KB and one query every two seconds. */
const defaultMaxStreams = 5_000;
const pageSize = 100;

/**
 * Server-sent events, read from the database. `wake` delivers new events at once; a poll every `pollMs` delivers those for
 * which `wake` was not called.
 */
export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { source, isSessionLive, log, heartbeatMs = 15_000, pollMs = 2_000 } = options;
  const maxStreams = options.maxStreams ?? defaultMaxStreams;
  const streams = new Map<string, Set<Stream>>();
  /** The same streams by address range, oldest first. */
  const byRange = new Map<string, Set<Stream>>();
  let open = 0;
  const poll = setInterval(() => wake(), pollMs);
  poll.unref();

  type Stream = { readonly wake: () => void; readonly end: () => void };

  function wake(walletId?: string): void {
    const sets =
      walletId === undefined ? [...streams.values()] : [streams.get(walletId) ?? new Set<Stream>()];
    for (const set of sets) for (const stream of set) stream.wake();
  }

  /** Makes a place for a newcomer by ending the oldest stream of the range that has the most; false if it has none more. */
  function makePlace(range: string): boolean {
    if (open < maxStreams) return true;
    const most = [...byRange].reduce<readonly [string, Set<Stream>] | null>(
      (best, entry) => (best === null || entry[1].size > best[1].size ? entry : best),
      null,
    );
    const own = byRange.get(range)?.size ?? 0;
    if (most === null || most[1].size <= own + 1) return false;
    const [oldest] = most[1];
    oldest?.end();
    return true;
  }

  function serve(
    stream: StreamRequest,
    request: Request,
    response: Response,
  ): "served" | "wallet_full" | "full" {
    const walletStreams = streams.get(stream.walletId) ?? new Set<Stream>();
    if (walletStreams.size >= maxStreamsPerWallet) return "wallet_full";
    const range = addressRange(request.ip ?? "unknown");
    if (!makePlace(range)) return "full";
    streams.set(stream.walletId, walletStreams);
    const rangeStreams = byRange.get(range) ?? new Set<Stream>();
    byRange.set(range, rangeStreams);
    open += 1;

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
      open -= 1;
      walletStreams.delete(handle);
      if (walletStreams.size === 0) streams.delete(stream.walletId);
      rangeStreams.delete(handle);
      if (rangeStreams.size === 0) byRange.delete(range);
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
    rangeStreams.add(handle);
    request.once("close", end);
    response.once("close", end);
    response.status(200).set({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    void write("retry: 1000\n\n").then(() => sendNewEvents());
    return "served";
  }

  return {
    serve,
    wake,
    openStreams: () => open,
    close: () => {
      clearInterval(poll);
      for (const set of [...streams.values()]) for (const stream of [...set]) stream.end();
    },
  };
}
