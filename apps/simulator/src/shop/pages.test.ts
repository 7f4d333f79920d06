import type { LightningNode } from "@satsconnect/lightning";
import { describe, expect, test } from "vitest";
import { Router } from "../web/router.ts";
import { merchantPages } from "./pages.ts";

const invoice = "lnbcrt9450n1p0000000000000000";
const states: Readonly<Record<string, string>> = { open: "open", paid: "claimed", old: "expired" };

/** Only what the pages ask a node. */
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

async function get(path: string, language = "en"): Promise<{ status: number; body: string }> {
  const router = new Router();
  merchantPages(router, node);
  const { pathname, searchParams } = new URL(path, "http://shop");
  const reply = await router.handle({
    method: "GET",
    path: pathname,
    query: searchParams,
    headers: { "accept-language": language },
    body: "",
    params: {},
  });
  if (reply.type !== "content") throw new Error(`An answer of the kind ${reply.type}`);
  return { status: reply.status, body: reply.body.toString() };
}

describe("the shop's pages", () => {
  test("name the goods and what they cost in both languages, and load nothing from elsewhere", async () => {
    const english = (await get("/")).body;
    expect(english).toContain("4,200 sats");
    expect(english).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect((await get("/", "sw")).body).toContain("Sats 4,200");
  });

  test("an open order gives the invoice to copy, and looks again: without scripts too", async () => {
    const { body } = await get("/order/open");
    expect(body).toContain(`${invoice}</textarea>`);
    expect(body).toContain("Copy the invoice");
    expect(body).toContain('data-state="open"');
    expect(body).toMatch(/<noscript><meta http-equiv="refresh"/);
  });

  test.each([
    ["paid", "Paid"],
    ["old", "This invoice has ended."],
  ])("an order that is %s says so and asks no more", async (hash, said) => {
    const { body } = await get(`/order/${hash}`);
    expect(body).toContain(said);
    expect(body).not.toContain(invoice);
    expect(body).not.toContain("refresh");
    expect(body).not.toContain('data-state="open"');
  });

  test("serves the files that its pages name", async () => {
    const names = (await get("/")).body.matchAll(/"(\/assets\/[^"]+)"/g);
    for (const [, name = ""] of names) expect((await get(name)).status).toBe(200);
    expect((await get("/assets/other.css")).status).toBe(404);
  });
});
