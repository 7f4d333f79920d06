import fc from "fast-check";
import { expect, test } from "vitest";
import { createServerSentEventParser } from "./server-sent-events.ts";

const parseWhole = (text: string) => createServerSentEventParser()(text);

test("reads ids, names and data of several lines, and skips heartbeats", () => {
  expect(parseWhole(": still here\n\nid: 7\nevent: order\ndata: {\ndata: }\n\ndata:x\n\n")).toEqual(
    [
      { id: "7", event: "order", data: "{\n}" },
      { id: "7", event: "message", data: "x" },
    ],
  );
});

test("an event that is cut off is not an event", () => {
  expect(parseWhole("id: 7\ndata: half")).toEqual([]);
  expect(parseWhole("id: 7\ndata: half\n")).toEqual([]);
});

test("an event without data is none, but its id is remembered", () => {
  expect(parseWhole("id: 7\n\ndata: x\n\n")).toEqual([{ id: "7", event: "message", data: "x" }]);
});

test("the same events come out however the stream is cut and whatever ends its lines", () => {
  const line = fc.stringMatching(/^[a-z :{}"]{0,12}$/);
  const event = fc.record({ id: fc.nat(), data: fc.array(line, { minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 5 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.nat(200), { maxLength: 10 }),
      (events, end, cuts) => {
        const text = events
          .map(
            ({ id, data }) =>
              `id: ${id}${end}${data.map((part) => `data: ${part}${end}`).join("")}${end}`,
          )
          .join("");
        // The last carriage return could be half a line end, so a heartbeat follows as in life.
        const stream = `${text}: beat${end}${end}: `;
        const parse = createServerSentEventParser();
        const pieces = [...new Set(cuts)].sort((a, b) => a - b).filter((at) => at < stream.length);
        const parsed = [0, ...pieces].flatMap((at, index) =>
          parse(stream.slice(at, pieces[index])),
        );
        expect(parsed).toEqual(
          events.map(({ id, data }) => ({
            id: String(id),
            event: "message",
            data: data.join("\n"),
          })),
        );
      },
    ),
  );
});
