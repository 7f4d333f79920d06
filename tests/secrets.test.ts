import { readFileSync } from "node:fs";
import path from "node:path";
import { seedOf } from "@satsconnect/wallet";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMerchant } from "../scripts/stack/merchant.ts";
import { openSecrets } from "../scripts/stack/secrets.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { bytesNeedle, findNeedles, searchFiles, wordsNeedle } from "./support/needles.ts";
import type { Needle } from "./support/needles.ts";
import { tapGrpc } from "./support/tap.ts";
import { terminalWallet } from "./support/terminal-wallet.ts";
import { buy, openOrder, openTestWallet, untilFinal, untilState } from "./support/wallets.ts";
import type { TestWallet } from "./support/wallets.ts";

let system: TestSystem;
let tap: Awaited<ReturnType<typeof tapGrpc>>;
let wallet: TestWallet;
let phone: string;
const requests: Buffer[] = [];

/** Records each request of the wallet and its response. */
const tappedFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const { url, headers } = request;
  requests.push(Buffer.from(`${url} ${JSON.stringify([...headers])} ${await request.text()}`));
  const response = await fetch(input, init);
  if (response.headers.get("content-type")?.includes("event-stream") !== true)
    requests.push(Buffer.from(await response.clone().arrayBuffer()));
  return response;
};

beforeAll(async () => {
  // Started twice: the second time the api connects to the engine through the recorder.
  system = await startTestSystem("secrets", { extra: { api: { LOG_LEVEL: "trace" } } });
  const { home, urls, apps } = system.system;
  const { tls } = openSecrets(path.join(home, "secrets"), Date.now());
  tap = await tapGrpc({
    engine: urls.engineGrpc,
    authority: tls.authority,
    asEngine: tls.engine,
    asApi: tls.api,
  });
  system.system.environment.api["ENGINE_GRPC_ADDRESS"] = tap.address;
  await apps.api.stop();
  await apps.api.start();
  phone = await system.addCustomer("SECRET KEEPER");
  wallet = await openTestWallet(system, "secrets", { fetch: tappedFetch });
}, 240_000);

afterAll(async () => {
  await wallet?.close();
  await system?.stop();
  await tap?.stop();
}, 60_000);

function seeds(): readonly Needle[] {
  const { home } = system.system;
  const { engineSeedFile, engineStateKeyFile, merchantSeedFile } = openSecrets(
    path.join(home, "secrets"),
    Date.now(),
  );
  const fromHex = (file: string): Buffer => Buffer.from(readFileSync(file, "utf8").trim(), "hex");
  return [
    wordsNeedle("the wallet's words", wallet.words),
    bytesNeedle("the wallet's seed", seedOf(wallet.words)),
    bytesNeedle("the engine's seed", fromHex(engineSeedFile)),
    bytesNeedle("the engine's state key", fromHex(engineStateKeyFile)),
    bytesNeedle("the merchant's seed", fromHex(merchantSeedFile)),
  ];
}

test("no seed, recovery word or preimage appears in any request, log, database or backup", async () => {
  const { home, apps, urls } = system.system;
  await buy(system, wallet, phone, 200_000n);
  const { invoice, paymentHash } = await openMerchant(urls.merchant).invoice(700n, "Tomatoes");
  const preview = valueOf(wallet.wallet.previewSend(invoice));
  expect(valueOf(await wallet.wallet.sendAndWait(invoice, preview, 60_000)).state).toBe(
    "succeeded",
  );

  // Inspects a sell while its HTLC is held: the preimage must be nowhere outside the engine's core.
  await system.mpesa.settings({ payoutDelayMs: 3_000 });
  const recipient = await system.addCustomer("HELD FOR NOW");
  const sell = await openOrder(wallet, { kind: "sell", kesCents: 10_000n, msisdn: recipient });
  await untilState(wallet, sell.id, ["held", "payout_requested"]);
  const whileHeld = Buffer.concat([...requests, tap.recorded()]);
  const { order } = await untilFinal(wallet, sell.id);
  expect(order.state).toBe("claimed");
  await wallet.wallet.settled(order.paymentHash ?? "", "outbound", 30_000);

  const preimageOf = async (hash: string): Promise<Buffer> =>
    Buffer.from((await wallet.wallet.node.proofOfPayment(hash)) ?? "", "hex");
  const sellPreimage = await preimageOf(order.paymentHash ?? "");
  const sendPreimage = await preimageOf(paymentHash);
  expect([sellPreimage.length, sendPreimage.length]).toEqual([32, 32]);
  const preimages = [
    bytesNeedle("the sell's preimage", sellPreimage),
    bytesNeedle("the send's preimage", sendPreimage),
  ];
  expect(findNeedles(whileHeld, preimages)).toEqual([]);

  const needles = [...seeds(), ...preimages];
  const wire = Buffer.concat([...requests, tap.recorded()]);
  // Checks the search itself: the payment hash must be on the wire.
  expect(wire.includes(order.paymentHash ?? "?")).toBe(true);
  expect(tap.recorded().length).toBeGreaterThan(1_000);
  expect(findNeedles(wire, needles)).toEqual([]);

  // All data on disk: the operator's databases with their write-ahead logs, all log files, the simulator's database.
  await Promise.all([apps.api.stop(), apps.engine.stop()]);
  const own = ["secrets", "wallets", "merchant"].map((name) => path.join(home, name));
  expect(searchFiles(home, needles, own)).toEqual([]);
  const known = { name: "hash", forms: [Buffer.from(order.paymentHash ?? "?")] };
  expect(searchFiles(home, [known], own).length).toBeGreaterThan(0);
  // The holder's folder contains payment preimages as receipts, but never the key material.
  expect(searchFiles(wallet.folder, seeds(), [])).toEqual([]);
  await apps.engine.start();
  await apps.api.start();
});

test("the terminal wallet's folder holds the words encrypted only, and no command shows them again", async () => {
  process.env["SATSCONNECT_PASSPHRASE"] = "siri kubwa";
  try {
    const { home } = system.system;
    const holder = terminalWallet(home, "sealed");
    const created = await holder.run("create").ended;
    expect(created.exitCode).toBe(0);
    const result = created.lines.find((line) => line.type === "result");
    const words = String(result?.["words"]);
    expect(words.split(" ")).toHaveLength(12);
    const shown = await holder.run("info").ended;
    const needles = [wordsNeedle("words", words), bytesNeedle("seed", seedOf(words))];
    expect(findNeedles(Buffer.from(JSON.stringify(shown.lines)), needles)).toEqual([]);
    expect(searchFiles(path.join(home, "wallets", "sealed"), needles, [])).toEqual([]);
    process.env["SATSCONNECT_PASSPHRASE"] = "something else";
    const refused = await holder.run("balance").ended;
    expect(refused.exitCode).toBe(2);
    expect(refused.lines.at(-1)).toMatchObject({ type: "error", code: "passphrase_wrong" });
  } finally {
    delete process.env["SATSCONNECT_PASSPHRASE"];
  }
});
