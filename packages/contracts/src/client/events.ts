import { err } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import type { OrderEvent } from "../rest/orders.ts";
import { createServerSentEventParser } from "./server-sent-events.ts";
import type { Session } from "./session.ts";
import { networkFailure, readAnswer } from "./transport.ts";

export type EventStreamOptions = {
  readonly url: string;
  readonly send: typeof fetch;
  readonly session: Session;
  readonly afterSequence?: string;
  readonly signal?: AbortSignal;
  /** Told each time that the connection is lost; it is tried again by itself. */
  readonly onInterrupted?: (failure: Failure) => void;
};

/** The server refused the stream for good: trying again would not help. */
export class EventStreamRefused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "EventStreamRefused";
    this.failure = failure;
  }
}

/** Longer silence than the server's heartbeats allow means that the connection is dead. */
const silenceMs = 45_000;
const firstPauseMs = 250;
const longestPauseMs = 10_000;

/**
 * Order events, oldest first, at least once, going on behind the last one after every interruption. Ends when `signal`
 * aborts. @throws EventStreamRefused
 */
export async function* followEvents(options: EventStreamOptions): AsyncGenerator<OrderEvent> {
  let lastSequence = options.afterSequence;
  let pauseMs = firstPauseMs;
  const stopped = () => options.signal?.aborted === true;
  while (!stopped()) {
    const connection = await connect(options, lastSequence);
    if (connection.ok) {
      try {
        for await (const event of readEvents(connection.value)) {
          lastSequence = event.sequence;
          pauseMs = firstPauseMs;
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
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
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
    // A token can be renewed; everything else about a refusal stays as it is.
    if (response.status === 401) options.session.discardAccessToken(token.value);
    return response.status === 401 ? err(answer.error.code, answer.error.message, "safe") : answer;
  } catch (error) {
    return networkFailure(error);
  }
}

async function* readEvents(connection: Connection): AsyncGenerator<OrderEvent> {
  const parse = createServerSentEventParser();
  const decoder = new TextDecoder();
  const reader = connection.body.getReader();
  for (;;) {
    const silence = setTimeout(() => connection.abort.abort(), silenceMs);
    let piece: Awaited<ReturnType<typeof reader.read>>;
    try {
      piece = await reader.read();
    } catch {
      return;
    } finally {
      clearTimeout(silence);
    }
    if (piece.done) return;
    for (const event of parse(decoder.decode(piece.value, { stream: true }))) {
      if (event.event === "order") yield JSON.parse(event.data) as OrderEvent;
    }
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
