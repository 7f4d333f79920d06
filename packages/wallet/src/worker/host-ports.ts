import { WriterFenced } from "@satsconnect/lightning";
import type {
  CommitStore,
  Connection,
  ConnectionHandlers,
  Logger,
  Row,
  Transport,
} from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import {
  asBoolean,
  asBytes,
  asInteger,
  asList,
  asOptional,
  asRecord,
  asText,
} from "../port/check.ts";
import { CallFailed } from "../port/link.ts";
import type { Link } from "../port/link.ts";
import type { PortValue } from "../port/value.ts";

/** The node's store, kept by the host. */
export function hostStore(link: Link): CommitStore {
  return {
    kind: "host",
    async open() {
      const position = asRecord(await link.call("store.open", {}));
      return {
        commitNumber: asInteger(position["commitNumber"]),
        lastSequence: asInteger(position["lastSequence"]),
      };
    },
    async commit({ number, rows, events, forgetEventsThrough }) {
      try {
        await link.call("store.commit", {
          number,
          rows: rows.map(({ table, key, value }) => ({ table, key, value: value ?? null })),
          events: events.map(({ sequence, value }) => ({ sequence, value })),
          forget: forgetEventsThrough,
        });
      } catch (error) {
        if (error instanceof CallFailed && error.code === "fenced")
          throw new WriterFenced(error.message);
        throw error;
      }
    },
    async read(table, key) {
      return asOptional(await link.call("store.read", { table, key }), asBytes);
    },
    async list(table, range = {}) {
      const { prefix, descending = false, limit } = range;
      const rows: Row[] = [];
      let { after } = range;
      for (;;) {
        const left = limit === undefined ? undefined : limit - rows.length;
        const page = asRecord(
          await link.call("store.list", { table, prefix, after, descending, limit: left }),
        );
        rows.push(
          ...asList(page["rows"], (item) => {
            const row = asRecord(item);
            return { key: asText(row["key"], 1_000), value: asBytes(row["value"]) };
          }),
        );
        if (!asBoolean(page["more"])) return rows;
        after = rows.at(-1)?.key;
      }
    },
    async events(after, limit) {
      return asList(await link.call("store.events", { after, limit }), (item) => {
        const event = asRecord(item);
        return { sequence: asInteger(event["sequence"], 1), value: asBytes(event["value"]) };
      });
    },
    async close() {
      await link.call("store.close", {});
    },
  };
}

/** The wallet's key-value store, kept by the host. */
export function hostKeyValueStore(link: Link): KeyValueStore {
  return {
    get: async (key) =>
      asOptional(await link.call("keyValue.get", { key }), (value) => asText(value, 1_000_000)),
    put: async (key, value) => {
      await link.call("keyValue.put", { key, value });
    },
    delete: async (key) => {
      await link.call("keyValue.delete", { key });
    },
    list: async (prefix) =>
      asList(await link.call("keyValue.list", { prefix }), (item) => {
        const entry = asRecord(item);
        return { key: asText(entry["key"]), value: asText(entry["value"], 1_000_000) };
      }),
  };
}

const withoutBody: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** `fetch` through the host. Request bodies are strings or bytes; response bodies are streams. */
export function hostFetch(link: Link): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const signal = init?.signal ?? undefined;
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (given) => {
          controller = given;
        },
        pull: () => {
          stream.consumed(unread);
          unread = 0;
        },
        cancel: () => stream.end("cancelled"),
      },
      { highWaterMark: 0 },
    );
    let unread = 0;
    let isOver = false;
    const onAbort = (): void => {
      if (isOver) return;
      isOver = true;
      controller?.error(abortReason(signal));
      stream.end("aborted");
    };
    const { answer, stream } = link.callWithStream(
      "fetch",
      {
        url,
        method: (init?.method ?? "GET").toUpperCase(),
        headers: [...new Headers(init?.headers)].map(([name, value]) => [name, value]),
        body: bodyBytes(init?.body),
      },
      {
        onBytes: (bytes) => {
          if (isOver) return;
          unread += bytes.length;
          controller?.enqueue(bytes);
        },
        onEnd: (error) => {
          if (isOver) return;
          isOver = true;
          signal?.removeEventListener("abort", onAbort);
          if (error === null) controller?.close();
          else controller?.error(new TypeError("The connection was lost"));
        },
      },
      signal === undefined ? {} : { signal },
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    let head: PortValue;
    try {
      head = await answer;
    } catch (error) {
      if (error instanceof CallFailed) throw new TypeError(error.message, { cause: error });
      throw error;
    }
    const { status, headers } = asRecord(head);
    const code = asInteger(status, 200, 599);
    return new Response(withoutBody.has(code) ? null : body, {
      status: code,
      headers: asList(headers, (item): [string, string] => {
        const [name, value] = asList(item, (part) => asText(part), 2);
        return [name ?? "", value ?? ""];
      }).map(([name, value]): [string, string] => [name, value]),
    });
  };
}

function abortReason(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new DOMException("Aborted", "AbortError");
}

function bodyBytes(body: RequestInit["body"]): Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  throw new TypeError("The request body must be a string or bytes");
}

/** WebSocket connections through the host. */
export function hostTransport(link: Link): Transport {
  return {
    supports: (address) => /^wss?:\/\//u.test(address),
    async connect(address, signal) {
      let handlers: ConnectionHandlers | undefined;
      let paused = true;
      let isOver = false;
      let hasReportedClose = false;
      let queued = 0;
      const waiting: Uint8Array[] = [];
      const deliver = (): void => {
        while (!paused && waiting.length > 0) {
          const bytes = waiting.shift();
          if (bytes !== undefined) handlers?.onBytes(bytes);
        }
        if (!isOver || waiting.length > 0 || handlers === undefined || hasReportedClose) return;
        hasReportedClose = true;
        handlers.onClose();
      };
      const { answer, stream } = link.callWithStream(
        "socket",
        { url: address },
        {
          onBytes: (bytes) => {
            waiting.push(bytes);
            deliver();
          },
          onConsumed: (count) => {
            queued = Math.max(0, queued - count);
            handlers?.onDrain();
          },
          onEnd: () => {
            isOver = true;
            deliver();
          },
        },
        { signal },
      );
      try {
        await answer;
      } catch (error) {
        stream.end();
        const reason = error instanceof CallFailed ? error.code : "aborted";
        return err("connect_failed", `The connection failed: ${reason}.`, "safe");
      }
      const connection: Connection = {
        remote: new URL(address).host,
        get bufferedBytes() {
          return queued;
        },
        start(given) {
          handlers = given;
          paused = false;
          deliver();
        },
        write(bytes) {
          if (isOver) return;
          queued += bytes.length;
          stream.write(bytes);
        },
        pause() {
          paused = true;
        },
        resume() {
          paused = false;
          deliver();
        },
        close: () => stream.end(),
        abort: () => stream.end(),
      };
      return ok(connection);
    },
  };
}

/** Sends log lines to the host: level and message only, because fields may contain secrets. */
export function hostLogger(report: (level: keyof Logger, message: string) => void): Logger {
  const write =
    (level: keyof Logger): Logger["info"] =>
    (_fields, message) =>
      report(level, message);
  return {
    debug: () => undefined,
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}
