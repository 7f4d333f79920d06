import { err } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import { createParser } from "eventsource-parser";
import type { OrderEvent } from "../rest/orders.ts";
import type { Session } from "./session.ts";
import { networkFailure, readAnswer } from "./transport.ts";

export type EventStreamOptions = {
  readonly url: string;
  readonly send: typeof fetch;
  readonly session: Session;
  /** Resume after this sequence number. */
  readonly afterSequence?: string;
  readonly signal?: AbortSignal;
  /** Called when a connection attempt fails; the client retries by itself. */
  readonly onInterrupted?: (failure: Failure) => void;
};

/** The server refused the stream for good: a retry would fail again. */
export class EventStreamRefused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "EventStreamRefused";
    this.failure = failure;
  }
}

/** The server sends heartbeats more often than this; after a longer silence the connection is dead. */
const maxSilenceMs = 45_000;
const minPauseMs = 250;
const maxPauseMs = 10_000;

/**
 * Order events, oldest first, at least once. Reconnects after every interruption and resumes after the last event
 * received. Ends when `signal` aborts. @throws EventStreamRefused
 */
export async function* followEvents(options: EventStreamOptions): AsyncGenerator<OrderEvent> {
  let lastSequence = options.afterSequence;
  let pauseMs = minPauseMs;
  const stopped = () => options.signal?.aborted === true;
  while (!stopped()) {
    const connection = await connect(options, lastSequence);
    if (connection.ok) {
      try {
        for await (const event of readEvents(connection.value)) {
          lastSequence = event.sequence;
          pauseMs = minPauseMs;
          yield event;
        }
      } finally {
        connection.value.abort.abort();
      }
    } else if (connection.error.retry === "never") {
      throw new EventStreamRefused(connection.error);
    } else if (!stopped()) {
      options.onInterrupted?.(connection.error);
    }
    if (!stopped()) await pause(pauseMs, options.signal);
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}

type Connection = { readonly body: ReadableStream<Uint8Array>; readonly abort: AbortController };

async function connect(
  options: EventStreamOptions,
  lastSequence: string | undefined,
): Promise<Result<Connection>> {
  const token = await options.session.accessToken();
  if (!token.ok) return token;
  const abort = new AbortController();
  const forward = () => abort.abort();
  options.signal?.addEventListener("abort", forward, { once: true });
  abort.signal.addEventListener("abort", () =>
    options.signal?.removeEventListener("abort", forward),
  );
  try {
    const response = await options.send(options.url, {
      headers: {
        accept: "text/event-stream",
        authorization: `Bearer ${token.value}`,
        ...(lastSequence === undefined ? {} : { "last-event-id": lastSequence }),
      },
      redirect: "error",
      signal: abort.signal,
    });
    if (response.ok && response.body !== null)
      return { ok: true, value: { body: response.body, abort } };
    const answer = readAnswer(response, await response.text());
    if (answer.ok) return err("answer_malformed", "The server sent no events.", "unknown");
    // After a 401 a new token may be accepted; any other refusal is passed on as it is.
    if (response.status === 401) options.session.discardAccessToken(token.value);
    return response.status === 401 ? err(answer.error.code, answer.error.message, "safe") : answer;
  } catch (error) {
    return networkFailure(error);
  }
}

async function* readEvents(connection: Connection): AsyncGenerator<OrderEvent> {
  let complete: string[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === "order") complete.push(data);
    },
  });
  const decoder = new TextDecoder();
  const reader = connection.body.getReader();
  for (;;) {
    const silence = setTimeout(() => connection.abort.abort(), maxSilenceMs);
    let piece: Awaited<ReturnType<typeof reader.read>>;
    try {
      piece = await reader.read();
    } catch {
      return;
    } finally {
      clearTimeout(silence);
    }
    if (piece.done) return;
    complete = [];
    parser.feed(decoder.decode(piece.value, { stream: true }));
    for (const data of complete) yield JSON.parse(data) as OrderEvent;
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
  });
}
