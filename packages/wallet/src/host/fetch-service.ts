import { CallFailed } from "../port/link.ts";
import type { ServedCall } from "../port/link.ts";
import type { PortValue } from "../port/value.ts";

export type FetchRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | undefined;
};

/** How many bytes of a response may be sent before the worker has consumed earlier ones. */
const windowBytes = 1024 * 1024;

/**
 * HTTP for the worker. Answers with the status and headers, then streams the body as it arrives (server-sent events
 * too), never more than the window ahead of the worker's reads. Sends no cookies and follows no redirects.
 */
export async function serveFetch(
  ports: { readonly fetch: typeof fetch; readonly mayReach: (url: string) => boolean },
  request: FetchRequest,
  served: ServedCall,
): Promise<PortValue> {
  if (!ports.mayReach(request.url))
    throw new CallFailed("url_refused", "The worker may not access this URL.");
  const abort = new AbortController();
  let unconsumed = 0;
  let resume = (): void => undefined;
  const stream = served.stream({
    onBytes: () => undefined,
    onConsumed: (count) => {
      unconsumed -= count;
      resume();
    },
    onEnd: () => {
      abort.abort();
      resume();
    },
  });
  served.signal.addEventListener("abort", () => stream.end("aborted"), { once: true });
  let response: Response;
  try {
    response = await ports.fetch(request.url, {
      method: request.method,
      headers: request.headers.map(([name, value]): [string, string] => [name, value]),
      ...(request.body === undefined ? {} : { body: request.body }),
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      signal: abort.signal,
    });
  } catch {
    stream.end("network");
    throw new CallFailed("network", "The server cannot be reached.");
  }
  const { body } = response;
  // start after the answer: before it the worker does not know the stream
  queueMicrotask(() => void (body === null ? sendWhole() : pump(body)));
  return {
    status: response.status,
    headers: [...response.headers].map(([name, value]) => [name, value]),
  };

  async function pump(from: ReadableStream<Uint8Array>): Promise<void> {
    const reader = from.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return stream.end();
        unconsumed += value.length;
        stream.write(value);
        while (unconsumed > windowBytes && !abort.signal.aborted)
          await new Promise<void>((resolve) => (resume = resolve));
      }
    } catch {
      stream.end("network");
    }
  }

  /** For platforms whose responses have no body stream. */
  async function sendWhole(): Promise<void> {
    try {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length > 0) stream.write(bytes);
      stream.end();
    } catch {
      stream.end("network");
    }
  }
}
