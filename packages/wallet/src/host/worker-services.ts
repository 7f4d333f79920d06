import { WriterFenced } from "@satsconnect/lightning/store";
import type { CommitStore } from "@satsconnect/lightning/store";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import {
  asBytes,
  asInteger,
  asList,
  asOneOf,
  asOptional,
  asRecord,
  asText,
} from "../port/check.ts";
import { serveFetch } from "./fetch-service.ts";
import { CallFailed } from "../port/link.ts";
import type { Serve } from "../port/link.ts";
import { serveSocket } from "./socket-service.ts";
import type { PortValue } from "../port/value.ts";

/** The resources that the host provides to the worker. */
export type HostPorts = {
  /** The node's state on this device. Each run of the worker needs its own store object. */
  readonly store: CommitStore;
  readonly keyValueStore: KeyValueStore;
  readonly fetch: typeof fetch;
  readonly webSocket: (url: string) => WebSocket;
  /** Whether the worker may access this URL. The worker has no network access of its own. */
  readonly mayReach: (url: string) => boolean;
};

/** Limit for the rows in one message; a single larger row is sent alone. */
const pageBytes = 4 * 1024 * 1024;
const pageRows = 1_000;

/** Serves the worker's calls: its stores, HTTP and sockets. Malformed calls are refused. */
export function serveWorker(ports: HostPorts): Serve {
  const { store, keyValueStore } = ports;
  return async (name, params, served) => {
    switch (name) {
      case "store.open": {
        const { commitNumber, lastSequence } = await store.open();
        return { commitNumber, lastSequence };
      }
      case "store.commit":
        return fenced(() =>
          store.commit({
            number: asInteger(params["number"], 1),
            rows: asList(params["rows"], (item) => {
              const row = asRecord(item);
              return {
                table: asText(row["table"], 100),
                key: asText(row["key"], 1_000),
                value: asOptional(row["value"], asBytes),
              };
            }),
            events: asList(params["events"], (item) => {
              const event = asRecord(item);
              return { sequence: asInteger(event["sequence"], 1), value: asBytes(event["value"]) };
            }),
            ...forgetOption(asOptional(params["forget"], (value) => asInteger(value))),
          }),
        );
      case "store.read":
        return (
          (await store.read(asText(params["table"], 100), asText(params["key"], 1_000))) ?? null
        );
      case "store.list": {
        const limit = asOptional(params["limit"], (value) => asInteger(value, 0));
        const rows = await store.list(asText(params["table"], 100), {
          ...optional("prefix", asOptional(params["prefix"], asText)),
          ...optional("after", asOptional(params["after"], asText)),
          descending: params["descending"] === true,
          limit: Math.min(limit ?? pageRows, pageRows),
        });
        const requested = limit ?? Number.POSITIVE_INFINITY;
        const page = firstPage(rows, ({ value }) => value.length);
        const isAll = page.length === rows.length && rows.length < pageRows;
        return {
          rows: page.map(({ key, value }) => ({ key, value })),
          more: !isAll && page.length < requested,
        };
      }
      case "store.events": {
        const limit = Math.min(asInteger(params["limit"], 0), pageRows);
        const events = await store.events(asInteger(params["after"]), limit);
        return firstPage(events, ({ value }) => value.length).map(({ sequence, value }) => ({
          sequence,
          value,
        }));
      }
      case "store.close":
        await store.close();
        return null;
      case "keyValue.get":
        return (await keyValueStore.get(asText(params["key"], 1_000))) ?? null;
      case "keyValue.put":
        await keyValueStore.put(asText(params["key"], 1_000), asText(params["value"], 1_000_000));
        return null;
      case "keyValue.delete":
        await keyValueStore.delete(asText(params["key"], 1_000));
        return null;
      case "keyValue.list":
        return (await keyValueStore.list(asText(params["prefix"], 1_000))).map(
          ({ key, value }) => ({
            key,
            value,
          }),
        );
      case "fetch":
        return serveFetch(
          ports,
          {
            url: asText(params["url"], 10_000),
            method: asOneOf(params["method"], ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
            headers: asList(params["headers"], readHeader, 100),
            body: asOptional(params["body"], asBytes),
          },
          served,
        );
      case "socket":
        return serveSocket(ports, asText(params["url"], 10_000), served);
      default:
        throw new CallFailed("unknown_call", `The host has no call named ${name}.`);
    }
  };
}

function readHeader(item: PortValue | undefined): readonly [string, string] {
  const [name, value] = asList(item, (part) => asText(part, 20_000), 2);
  return [name ?? "", value ?? ""];
}

function forgetOption(through: number | undefined): { readonly forgetEventsThrough?: number } {
  return through === undefined ? {} : { forgetEventsThrough: through };
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: Value };
}

/** As many items as fit into a page, but at least one. */
function firstPage<Item>(items: readonly Item[], sizeOf: (item: Item) => number): readonly Item[] {
  let size = 0;
  const firstBeyondPage = items.findIndex((item) => (size += sizeOf(item)) > pageBytes);
  return firstBeyondPage < 0 ? items : items.slice(0, Math.max(firstBeyondPage, 1));
}

async function fenced(work: () => Promise<void>): Promise<null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof WriterFenced) throw new CallFailed("fenced", error.message);
    throw error;
  }
}
