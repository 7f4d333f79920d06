import type { LightningNode } from "@satsconnect/lightning";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "../testing/serve.ts";
import type { TestServer } from "../testing/serve.ts";
import { merchantApp } from "./app.ts";

const invoice = "lnbcrt9450n1p0000000000000000";
const states: Readonly<Record<string, string>> = { open: "open", paid: "claimed", old: "expired" };

/** Only what the pages use of a node. */
const node = {
  nodeId: "03cd",
  payment: async (hash: string) =>
    states[hash] === undefined
      ? undefined
      : {
          direction: "inbound",
          state: states[hash],
          request: invoice,
          description: "Unga, 2 kg",
          amountMsat: 1_700_000n,
        },
} as unknown as LightningNode;

let server: TestServer;
beforeAll(async () => {
  server = await serve(merchantApp(node, pino({ level: "silent" })));
});
afterAll(() => server?.close());

const get = (path: string, language = "en") =>
  server.request(path, { headers: { "accept-language": language } });

describe("the shop's pages", () => {
  test("show the goods and their prices in both languages, and load nothing from elsewhere", async () => {
    const english = (await get("/")).body;
    expect(english).toContain("4,200 sats");
    expect(english).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect((await get("/", "sw")).body).toContain("Sats 4,200");
  });

  test("an open order shows the invoice to copy and refreshes itself, also without scripts", async () => {
    const { body } = await get("/order/open");
    expect(body).toContain(`${invoice}</textarea>`);
    expect(body).toContain("Copy the invoice");
    expect(body).toContain('data-state="open"');
    expect(body).toMatch(/<noscript><meta http-equiv="refresh"/);
  });

  test.each([
    ["paid", "Paid"],
    ["old", "This invoice has expired."],
  ])("an order that is %s says so and does not refresh", async (hash, message) => {
    const { body } = await get(`/order/${hash}`);
    expect(body).toContain(message);
    expect(body).not.toContain(invoice);
    expect(body).not.toContain("refresh");
    expect(body).not.toContain('data-state="open"');
  });

  test("refer to files that exist", async () => {
    const names = (await get("/")).body.matchAll(/"(\/assets\/[^"]+)"/g);
    for (const [, name = ""] of names) expect((await get(name)).status).toBe(200);
    expect((await get("/assets/other.css")).status).toBe(404);
  });
});
