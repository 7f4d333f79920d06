import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { endOfTime } from "@satsconnect/money";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMerchant } from "../scripts/stack/merchant.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { expectBooksInOrder } from "./support/invariants.ts";
import { terminalWallet } from "./support/terminal-wallet.ts";
import type { Line } from "./support/terminal-wallet.ts";

const words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const resultOf = (lines: readonly Line[]): Line => {
  const result = lines.find((line) => line.type === "result");
  if (result === undefined) throw new Error(`No result in ${JSON.stringify(lines)}`);
  return result;
};

describe("invalid arguments give a message and exit code 2", () => {
  const home = mkdtempSync(path.join(tmpdir(), "satsconnect-terminal-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const invalidArguments: readonly (readonly [string, readonly string[], string])[] = [
    ["an unknown command", ["steal"], "command_unknown"],
    ["an unknown option", ["balance", "--fast"], "arguments_invalid"],
    ["an argument to a command that takes none", ["balance", "now"], "arguments_invalid"],
    [
      "an amount that is not a number",
      ["buy", "lots", "--phone", "0712345678"],
      "amount_malformed",
    ],
    ["a negative amount", ["buy", "--phone", "0712345678", "--", "-5"], "amount_malformed"],
    ["an amount above the total supply", ["receive", "9".repeat(16)], "amount_out_of_range"],
    ["an amount of zero", ["receive", "0"], "amount_needed"],
    ["an invalid phone number", ["sell", "300", "--phone", "12345"], "msisdn_invalid"],
    ["no phone number", ["sell", "300"], "argument_missing"],
    ["no invoice", ["send"], "argument_missing"],
    ["two invoices", ["send", "lnbc1", "lnbc2"], "arguments_invalid"],
    ["an invalid waiting time", ["receive", "5", "--wait", "soon"], "arguments_invalid"],
    ["an invalid wallet name", ["create", "--no-passphrase", "-w", "../up"], "wallet_name_invalid"],
    [
      "too few recovery words",
      ["restore", "--no-passphrase", "--words", "legal winner thank"],
      "words_count",
    ],
    [
      "recovery words with a wrong checksum",
      ["restore", "--no-passphrase", "--words", words.replace("legal", "winner")],
      "words_checksum",
    ],
  ];

  test.each(invalidArguments)("%s", async (_name, args, code) => {
    const { exitCode, lines } = await terminalWallet(home, "wrong").run(...args).ended;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ type: "error", code });
    expect(String(lines[0]?.["message"]).length).toBeGreaterThan(10);
    expect(exitCode).toBe(2);
  });

  test("without a running system, the error says how to start one", async () => {
    const { exitCode, lines } = await terminalWallet(home, "alone").run("balance").ended;
    expect(lines.at(-1)).toMatchObject({ type: "error", code: "system_not_running" });
    expect(exitCode).toBe(1);
  });
});

describe("with a system", () => {
  let system: TestSystem;
  let holder: ReturnType<typeof terminalWallet>;

  beforeAll(async () => {
    system = await startTestSystem("terminal");
    holder = terminalWallet(system.system.home, "main");
    const created = await holder.run("create", "--no-passphrase").ended;
    expect(created.exitCode).toBe(0);
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
  }, 60_000);

  test("buys, sends, receives, sells and lists its history", async () => {
    const phone = await system.addCustomer("BY HAND WANGARI");
    // written as people write and paste them: the terminal reads what the app reads
    const buying = holder.run(
      "buy",
      "Kshs 1,500/=",
      "--phone",
      `\u2068+254 (0)${phone.slice(3)}\u2069`,
    );
    await buying.line((line) => line["step"] === "order");
    await system.mpesa.payPrompt(phone);
    const bought = await buying.ended;
    expect(bought.exitCode).toBe(0);
    expect(resultOf(bought.lines)).toMatchObject({
      order: { state: "paid" },
      payment: { state: "claimed" },
    });

    const merchant = openMerchant(system.system.urls.merchant);
    const { invoice, paymentHash } = await merchant.invoice(500n, "Onions");
    const link = `Lipa hapa: bitcoin:bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080?label=50% off&lightning=${invoice.slice(0, 90)}\n${invoice.slice(90)}`;
    const sent = await holder.run("send", link).ended;
    expect(sent.exitCode).toBe(0);
    expect(resultOf(sent.lines)).toMatchObject({ payment: { state: "succeeded" } });
    expect((await merchant.received(paymentHash)).state).toBe("claimed");
    const again = await holder.run("send", invoice).ended;
    expect(again.lines.at(-1)).toMatchObject({ type: "error", code: "already_paid" });
    expect(again.exitCode).toBe(2);

    const receiving = holder.run("receive", "2000", "--note", "change");
    const invoiceLine = await receiving.line((line) => line["step"] === "invoice");
    await merchant.pay(String(invoiceLine["invoice"]));
    const received = await receiving.ended;
    expect(received.exitCode).toBe(0);
    expect(resultOf(received.lines)).toMatchObject({ receivedMsat: "2000000" });

    const recipient = await system.addCustomer("PAID BY HAND");
    const sold = await holder.run("sell", "200", "--phone", recipient).ended;
    expect(sold.exitCode).toBe(0);
    expect(resultOf(sold.lines)).toMatchObject({ order: { state: "claimed" } });
    expect((await system.mpesa.customer(recipient)).balanceCents).toBe(20_020_000n);

    const history = resultOf((await holder.run("history").ended).lines);
    const kinds = (history["entries"] as readonly { readonly kind: string }[]).map(
      (entry) => entry.kind,
    );
    expect(kinds).toEqual(["sell", "receive", "send", "buy"]);
    await expectBooksInOrder(system);
  });

  test("a wallet without a channel receives its first payment, minus the channel's opening fee", async () => {
    const newcomer = terminalWallet(system.system.home, "newcomer");
    expect((await newcomer.run("create", "--no-passphrase").ended).exitCode).toBe(0);
    const receiving = newcomer.run("receive", "30000");
    const invoiceLine = await receiving.line((line) => line["step"] === "invoice");
    const fee = BigInt(String(invoiceLine["openingFeeMsat"]));
    expect(fee).toBeGreaterThan(0n);
    await openMerchant(system.system.urls.merchant).pay(String(invoiceLine["invoice"]));
    const received = await receiving.ended;
    expect(received.exitCode).toBe(0);
    expect(resultOf(received.lines)).toMatchObject({
      receivedMsat: (30_000_000n - fee).toString(),
      skimmedFeeMsat: fee.toString(),
    });
    await expectBooksInOrder(system);
  });

  test("a declined STK prompt ends the buy without a charge", async () => {
    const phone = await system.addCustomer("DECLINED MAINA");
    const buying = holder.run("buy", "100", "--phone", phone);
    await buying.line((line) => line["step"] === "order");
    await system.mpesa.cancelPrompt(phone);
    const ended = await buying.ended;
    expect(ended.lines.at(-1)).toMatchObject({ type: "error", code: "order_cancelled" });
    expect(ended.exitCode).toBe(1);
    expect((await system.mpesa.customer(phone)).balanceCents).toBe(20_000_000n);
  });

  test.each([
    ["a text that is not an invoice", "hello", "text_unknown"],
    ["an address on the chain", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "text_unknown"],
    ["an invoice that was cut off", `lnbcrt10u1${"q".repeat(40)}`, "invoice_malformed"],
    [
      "an invoice for the main network",
      "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh",
      "invoice_wrong_network",
    ],
  ])("%s is refused before anything is paid", async (_name, invoice, code) => {
    const { exitCode, lines } = await holder.run("send", invoice).ended;
    expect(lines.at(-1)).toMatchObject({ type: "error", code });
    expect(exitCode).toBe(2);
  });

  test("an invoice whose end no date can express is shown as one that does not expire", async () => {
    const [invoice = ""] = reportedCases("expiry-shown").flatMap(({ id, input }) =>
      id === "exp-shown-u64" ? [(input as { readonly invoice: string }).invoice] : [],
    );
    const { lines } = await holder.run("send", invoice, "--wait", "1").ended;
    expect(lines.find((line) => line["step"] === "decoded")).toMatchObject({
      expiresAt: endOfTime,
    });
    expect(lines.at(-1)).toMatchObject({
      type: "error",
      code: expect.stringMatching(/^[a-zA-Z_]+$/u),
    });
  });

  test("a command on a wallet that another process uses is refused", async () => {
    const first = holder.run("receive", "100");
    await first.line((line) => line["step"] === "invoice");
    const second = await holder.run("balance").ended;
    expect(second.lines.at(-1)).toMatchObject({ type: "error", code: "wallet_busy" });
    await first.kill();
    expect((await holder.run("balance").ended).exitCode).toBe(0);
  });

  test("a wallet restored from its words is the same wallet, and no wallet is overwritten", async () => {
    const { home } = system.system;
    const made = await terminalWallet(home, "twin").run(
      "restore",
      "--no-passphrase",
      "--words",
      words,
    ).ended;
    expect(made.exitCode).toBe(0);
    const notFound = (lines: readonly Line[]) =>
      lines.some((line) => String(line["message"]).startsWith("No wallet was found"));
    expect(notFound(made.lines)).toBe(true);
    const same = await terminalWallet(home, "twin2").run(
      "restore",
      "--no-passphrase",
      "--words",
      words
        .split(" ")
        .map((word, at) => `${String(at + 1)}. ${word.slice(0, 4)}`)
        .join("\n"),
    ).ended;
    expect(notFound(same.lines)).toBe(false);
    expect(resultOf(same.lines)["nodeId"]).toBe(resultOf(made.lines)["nodeId"]);
    const over = await terminalWallet(home, "twin").run("create", "--no-passphrase").ended;
    expect(over.lines.at(-1)).toMatchObject({ type: "error", code: "wallet_exists" });
    expect(over.exitCode).toBe(2);
  });
});
