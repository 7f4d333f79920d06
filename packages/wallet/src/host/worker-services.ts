import { WriterFenced } from "@satsconnect/lightning/store";
import type { CommitStore } from "@satsconnect/lightning/store";
import type { Notes } from "../storage/key-value-store.ts";
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

/** What a home's world is made of, on the side that has one. */
export type HostPorts = {
  /** The node's state on this device: a store of its own for this life of the home. */
  readonly store: CommitStore;
  readonly notes: Notes;
  readonly fetch: typeof fetch;
  readonly webSocket: (url: string) => WebSocket;
  /** Whether the home may reach this. It computes only: but what it asks for is asked in its name. */
  readonly mayReach: (url: string) => boolean;
};

/** Rows that go in one message, unless one alone is larger. */
const pageBytes = 4 * 1024 * 1024;
const pageRows = 1_000;

/** Serves a home: its store, its notes, HTTP and sockets. Whatever it asks for wrongly is refused. */
export function serveHome(ports: HostPorts): Serve {
  const { store, notes } = ports;
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
            ...forgetting(asOptional(params["forget"], (value) => asInteger(value))),
          }),
        );
      case "store.read":
        return (
          (await store.read(asText(params["table"], 100), asText(params["key"], 1_000))) ?? null
        );
      case "store.list": {
        const limit = asOptional(params["limit"], (value) => asInteger(value, 0));
        const rows = await store.list(asText(params["table"], 100), {
          ...given("prefix", asOptional(params["prefix"], asText)),
          ...given("after", asOptional(params["after"], asText)),
          descending: params["descending"] === true,
          limit: Math.min(limit ?? pageRows, pageRows),
        });
        const wanted = limit ?? Number.POSITIVE_INFINITY;
        const page = firstBytes(rows, ({ value }) => value.length);
        const isAll = page.length === rows.length && rows.length < pageRows;
        return {
          rows: page.map(({ key, value }) => ({ key, value })),
          more: !isAll && page.length < wanted,
        };
      }
      case "store.events": {
        const limit = Math.min(asInteger(params["limit"], 0), pageRows);
        const events = await store.events(asInteger(params["after"]), limit);
        return firstBytes(events, ({ value }) => value.length).map(({ sequence, value }) => ({
          sequence,
          value,
        }));
      }
      case "store.close":
        await store.close();
        return null;
      case "notes.get":
        return (await notes.get(asText(params["key"], 1_000))) ?? null;
      case "notes.put":
        await notes.put(asText(params["key"], 1_000), asText(params["value"], 1_000_000));
        return null;
      case "notes.delete":
        await notes.delete(asText(params["key"], 1_000));
        return null;
      case "notes.list":
        return (await notes.list(asText(params["prefix"], 1_000))).map(({ key, value }) => ({
          key,
          value,
        }));
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
        throw new CallFailed("unknown_call", "The host does no such thing.");
    }
  };
}

function readHeader(item: PortValue | undefined): readonly [string, string] {
  const [name, value] = asList(item, (part) => asText(part, 20_000), 2);
  return [name ?? "", value ?? ""];
}

function forgetting(through: number | undefined): { readonly forgetEventsThrough?: number } {
  return through === undefined ? {} : { forgetEventsThrough: through };
}

function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: Value };
}

/** At least one, and as many as fit. */
function firstBytes<Item>(items: readonly Item[], sizeOf: (item: Item) => number): readonly Item[] {
  let size = 0;
  const over = items.findIndex((item) => (size += sizeOf(item)) > pageBytes);
  return over < 0 ? items : items.slice(0, Math.max(over, 1));
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
