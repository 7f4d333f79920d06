import { execFile } from "node:child_process";
import path from "node:path";
import type { FoundOrder, OrderPage } from "@satsconnect/contracts/admin";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeBinary, root } from "../scripts/support/paths.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { terminalWallet } from "./support/terminal-wallet.ts";

let system: TestSystem;
let phone: string;

beforeAll(async () => {
  system = await startTestSystem("operator");
  phone = await system.addCustomer("MARY WAMBUI");
  const wallet = terminalWallet(system.system.home, "main");
  expect((await wallet.run("create", "--no-passphrase").ended).exitCode).toBe(0);
  const buying = wallet.run("buy", "1500", "--phone", phone);
  await buying.line((line) => line["step"] === "order");
  await system.mpesa.payPrompt(phone);
  expect((await buying.ended).exitCode).toBe(0);
}, 240_000);
afterAll(async () => {
  await system?.stop();
}, 60_000);

/** Runs satsctl as `npm run satsctl` does, with what `npm start` recorded. */
function satsctl(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(
      nodeBinary,
      [path.join(root, "apps/cli/src/satsctl.ts"), "--home", system.system.home, ...args],
      (error, out, err) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
      },
    );
  });
}

async function json<Value>(...args: readonly string[]): Promise<Value> {
  const { out, err } = await satsctl(...args, "--json");
  expect(err).toBe("");
  return JSON.parse(out) as Value;
}

test("satsctl finds a real order by its phone and its receipt, and shows all that is known", async () => {
  const byPhone = await json<{ orders: FoundOrder[] }>("find", phone);
  const [order] = byPhone.orders;
  expect(order).toMatchObject({ kind: "buy", state: "paid", msisdn: phone });
  const receipt = order?.mpesaReceipt ?? "";
  const byReceipt = await json<{ orders: FoundOrder[] }>("find", receipt);
  expect(byReceipt.orders.map(({ id }) => id)).toEqual([order?.id]);

  const page = await json<OrderPage>("order", order?.id ?? "");
  expect(page.htlc).toMatchObject({ direction: "outbound", node: { state: "succeeded" } });
  expect(page.evidence[0]?.raw).toContain(receipt);
  expect(page.evidence[0]?.parsed).toMatchObject({
    type: "prompt_called_back",
    callback: { receipt, succeeded: true },
  });
  expect(page.prompt?.checkoutRequestId).toMatch(/^ws_CO_/);
  for (const { entries } of page.journals)
    for (const currency of ["KES", "MSAT"])
      expect(
        entries
          .filter((entry) => entry.currency === currency)
          .reduce((sum, { amount }) => sum + BigInt(amount), 0n),
      ).toBe(0n);
  expect(page.timeline.map(({ title }) => title)).toContain("paid");
  const text = (await satsctl("order", order?.id ?? "")).out;
  expect(text).toContain(receipt);
  expect((await satsctl("cases")).out).toContain("No cases.");
});

test("the first operator gets a link, and the log is intact", async () => {
  const added = await satsctl("operators", "add", "wanjiku", "--reason", "first operator");
  expect(added.out).toMatch(/http:\/\/localhost:\d+\/#\/enrol\/sce_/);
  expect((await satsctl("log", "verify")).out).toContain("The log is intact: 2 entries");
});

test("the public port has no admin API, and the console's listener asks for a passkey", async () => {
  const { api, console: consoleUrl } = system.system.urls;
  for (const route of ["/admin/session", "/admin/cases", "/admin/log"]) {
    expect((await fetch(api + route)).status).toBe(404);
    expect((await fetch(consoleUrl + route)).status).toBe(401);
  }
  expect((await fetch(`${consoleUrl}/metrics`)).status).toBe(404);
  expect((await fetch(`${consoleUrl}/api/info`)).status).toBe(404);
});
