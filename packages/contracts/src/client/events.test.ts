import { ok } from "@satsconnect/money";
import fc from "fast-check";
import { expect, test } from "vitest";
import { followEvents } from "./events.ts";

/** Reads all events of one connection that sends these pieces and then closes. */
async function eventsIn(...pieces: readonly string[]): Promise<unknown[]> {
  const stop = new AbortController();
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = left.shift();
      if (piece !== undefined) return controller.enqueue(piece);
      controller.close();
      stop.abort();
    },
  });
  const events: unknown[] = [];
  const stream = followEvents({
    url: "http://api.test/api/events",
    send: async () => new Response(body),
    session: {
      accessToken: async () => ok("token"),
      discardAccessToken: () => {},
      tokens: () => Promise.reject(new Error("not called")),
      end: async () => {},
    },
    signal: stop.signal,
  });
  for await (const event of stream) events.push(event);
  return events;
}

test("reads data of several lines, skips heartbeats and events of other names", async () => {
  expect(
    await eventsIn(
      ': still here\n\nid: 7\nevent: order\ndata: {"sequence":\ndata: "7"}\n\n',
      "data:{}\n\nevent: other\ndata: {}\n\n",
      'event:order\ndata:{"sequence":"8"}\n\n',
    ),
  ).toEqual([{ sequence: "7" }, { sequence: "8" }]);
});

test("does not yield an event that is cut off", async () => {
  expect(await eventsIn("event: order\ndata: {}")).toEqual([]);
  expect(await eventsIn("event: order\ndata: {}\n")).toEqual([]);
});

test("does not yield an event without data", async () => {
  expect(await eventsIn("id: 7\nevent: order\n\n", "event: order\ndata: {}\n\n")).toEqual([{}]);
});

test("yields the same events however the stream is cut and whatever ends its lines", async () => {
  const event = fc.record({ sequence: fc.nat().map(String), reason: fc.string({ maxLength: 12 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 5 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.nat(400), { maxLength: 10 }),
      async (events, end, cuts) => {
        const stream = events
          .map((value) => {
            const data = JSON.stringify(value, null, 1).split("\n");
            const lines = [`id: ${value.sequence}`, "event: order", ": beat"];
            return [...lines, ...data.map((part) => `data: ${part}`), "", ""].join(end);
          })
          .join("");
        const at = [...new Set(cuts)].sort((a, b) => a - b).filter((cut) => cut < stream.length);
        const pieces = [0, ...at].map((from, index) => stream.slice(from, at[index]));
        expect(await eventsIn(...pieces)).toEqual(events);
      },
    ),
  );
});
