import { CallFailed } from "../port/link.ts";
import type { Served } from "../port/link.ts";
import type { PortValue } from "../port/value.ts";

export type FetchRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | undefined;
};

/** So much of an answer may be on its way to who reads it. */
const windowBytes = 1024 * 1024;

/**
 * HTTP for a home: the answer's status and headers, then its body as it comes (server-sent events too), never further
 * ahead than the home reads. Cookies and redirects are not for it.
 */
export async function serveFetch(
  ports: { readonly fetch: typeof fetch; readonly mayReach: (url: string) => boolean },
  request: FetchRequest,
  served: Served,
): Promise<PortValue> {
  if (!ports.mayReach(request.url)) throw new CallFailed("url_refused", "Not for the home.");
  const abort = new AbortController();
  let onWay = 0;
  let goOn = (): void => undefined;
  const stream = served.stream({
    onBytes: () => undefined,
    onTaken: (count) => {
      onWay -= count;
      goOn();
    },
    onEnd: () => {
      abort.abort();
      goOn();
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
  // after the answer: the home knows the stream by then
  queueMicrotask(() => void (body === null ? whole() : pump(body)));
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
        onWay += value.length;
        stream.write(value);
        while (onWay > windowBytes && !abort.signal.aborted)
          await new Promise<void>((resolve) => (goOn = resolve));
      }
    } catch {
      stream.end("network");
    }
  }

  /** Where answers have no streams. */
  async function whole(): Promise<void> {
    try {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length > 0) stream.write(bytes);
      stream.end();
    } catch {
      stream.end("network");
    }
  }
}
