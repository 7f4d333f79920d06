import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/support/chromium.ts";
import { nodeBinary, root } from "../../scripts/support/paths.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import { expectBooksInOrder } from "../support/invariants.ts";
import {
  openOrder,
  openTestWallet,
  spendableMsat,
  untilFinal,
  untilState,
} from "../support/wallets.ts";
import type { TestWallet } from "../support/wallets.ts";
import { openBrowser } from "./browser-wallet.ts";

const executable = findChromium();
const run = promisify(execFile);

type Operator = {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly at: (testId: string) => Locator;
};

/** The operator's page in real browsers with virtual authenticators, against a complete real system. */
describe.skipIf(executable === null)("the operator, in a browser", () => {
  let system: TestSystem;
  let browser: Browser;
  let wallet: TestWallet;
  let wanjiku: Operator;
  let otieno: Operator;

  beforeAll(async () => {
    system = await startTestSystem("operator-console", {
      withConsole: true,
      extra: { api: { ADMIN_FOUR_EYES_KES: "5000" } },
    });
    browser = await openBrowser(executable ?? "");
    wallet = await openTestWallet(system, "console");
  }, 240_000);

  afterAll(async () => {
    await wallet?.close();
    await browser?.close();
    await system?.stop();
  }, 60_000);

  /** A one-time link, made with the certificate of the machine that runs the system. */
  async function enrolmentLink(name: string): Promise<string> {
    const { stdout } = await run(
      nodeBinary,
      [
        "--disable-warning=ExperimentalWarning",
        path.join(root, "apps/cli/src/satsctl.ts"),
        ...["operators", "add", name, "--reason", `enrol ${name}`, "--json"],
        ...["--home", system.system.home],
      ],
      { encoding: "utf8" },
    );
    const { enrolment } = JSON.parse(stdout) as { readonly enrolment: { readonly url: string } };
    return enrolment.url;
  }

  /** A profile of its own with an authenticator, enrolled with a one-time link. */
  async function enrol(name: string): Promise<Operator> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-KE",
    });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const at = (testId: string): Locator => page.getByTestId(testId);
    await page.goto(await enrolmentLink(name));
    await at("enrol.label").fill(`${name}'s laptop`);
    await at("enrol.slab").click();
    await at("cases").waitFor();
    return { name, context, page, at };
  }

  /** A buy that the customer paid and that stopped, because M-Pesa's callback names another amount. */
  async function lostBuy(kesCents: bigint) {
    const msisdn = await system.addCustomer("LOST MONEY MUTUA");
    await system.mpesa.fault({ api: "stk", kind: "callback_wrong_amount", msisdn, times: 1 });
    const order = await openOrder(wallet, { kind: "buy", kesCents, msisdn });
    const { receipt } = await system.mpesa.payPrompt(msisdn);
    await untilState(wallet, order.id, ["case"]);
    // M-Pesa's own charge to the customer is not part of the order, and M-Pesa keeps it.
    const { balanceCents } = await system.mpesa.customer(msisdn);
    return { order, msisdn, receipt: receipt ?? "", balanceCents };
  }

  /** Searches as a person does, with one field, and opens the only order that is found. */
  async function findByReceipt({ page, at }: Operator, receipt: string): Promise<void> {
    await page.getByTestId("rail.find").click();
    await at("find.text").fill(receipt.toLowerCase());
    await at("find.slab").click();
    await at("order").waitFor();
  }

  test("creates a passkey with a one-time link, which works once, and signs in with it", async () => {
    wanjiku = await enrol("wanjiku");
    const { page, at, context } = wanjiku;
    await page.getByRole("button", { name: "Sign out" }).click();
    await at("sign-in.slab").click();
    await at("cases").waitFor();
    const link = await enrolmentLink("otieno");
    otieno = await enrol("otieno");
    // Making a new link ends the one before.
    const stranger = await browser.newContext();
    const strange = await stranger.newPage();
    await strange.goto(link);
    await strange.getByTestId("failed").waitFor();
    await strange.goto(`${system.system.urls.console}/#/cases`);
    await strange.reload();
    await strange.getByTestId("sign-in").waitFor();
    await stranger.close();
    const script = await fetch(`${system.system.urls.console}/console.js`, {
      headers: { "accept-encoding": "br" },
    });
    expect(script.headers.get("content-encoding")).toBe("br");
    expect(script.headers.get("content-type")).toContain("text/javascript");
    expect(script.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(await script.text()).toContain("SatsConnect");
    const plain = await fetch(`${system.system.urls.console}/console.js`, {
      headers: { "accept-encoding": "identity" },
    });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await context.cookies()).toEqual([
      expect.objectContaining({ httpOnly: true, sameSite: "Strict" }),
    ]);
  });

  test("finds a lost buy by its M-Pesa receipt and delivers it", async () => {
    const { order, receipt } = await lostBuy(200_000n);
    const { page, at } = wanjiku;
    await findByReceipt(wanjiku, receipt);
    await expect
      .poll(() => at("order.where").textContent())
      .toContain("KES 2,000 are in our shortcode, held for review");
    expect(await at("order.case.amount_mismatch").count()).toBe(1);
    await at("order.act.deliver").click();
    await at("act-form.see").click();
    await at("postings").waitFor();
    await at("act-form.reason").fill("The receipt is on M-Pesa's statement over KES 2,000.");
    await at("act-form.do").click();
    await expect.poll(() => at("act.status").textContent(), { timeout: 20_000 }).toBe("Done");
    const { order: ended } = await untilFinal(wallet, order.id);
    expect(ended.state).toBe("paid");
    await wallet.wallet.settled(ended.paymentHash ?? "", "inbound", 30_000);
    expect(await spendableMsat(wallet)).toBe(BigInt(order.amountMsat));
    await at("act.order").click();
    await at("order").waitFor();
    expect(await at("order.where").textContent()).toContain("are in the wallet");
    expect(await at("ledger.sats_delivered").count()).toBe(1);
    await page.getByTestId("rail.cases").click();
    await at("cases").waitFor();
    expect(await page.getByTestId(/^case\./u).count()).toBe(0);
  });

  /** Fills in why, and proposes; it is above the limit of one person. */
  async function propose({ at }: Operator, reason: string): Promise<void> {
    await at("act-form.see").click();
    await at("act-form.do").waitFor();
    await at("act-form.reason").fill(reason);
    await at("act-form.do").click();
    await expect
      .poll(() => at("act.status").textContent(), { timeout: 20_000 })
      .toBe("It waits for a second person");
    // The proposer can only withdraw it.
    expect(await at("act.approve").count()).toBe(0);
    await at("act.decline").waitFor();
  }

  /** Opens the only act that waits, from the list of cases. */
  async function openWaiting({ page, at }: Operator): Promise<void> {
    await page.goto(`${system.system.urls.console}/#/cases`);
    await page.reload();
    await at("cases.waiting").click();
    await page.getByTestId(/^waiting\../u).click();
    await at("act.approve").waitFor();
  }

  async function approve(operator: Operator): Promise<void> {
    await openWaiting(operator);
    await operator.at("act.approve").click();
    await expect
      .poll(() => operator.at("act.status").textContent(), { timeout: 20_000 })
      .toBe("Done");
  }

  test("refuses and refunds by reversal with a second person", async () => {
    const { order, receipt, msisdn, balanceCents } = await lostBuy(700_000n);

    // The second person refuses to deliver: nothing moves.
    await findByReceipt(wanjiku, receipt);
    await wanjiku.at("order.act.deliver").click();
    await propose(wanjiku, "The customer has paid.");
    await openWaiting(otieno);
    await otieno.at("act.decline").click();
    await otieno.at("act.decline-reason").fill("The customer wants the shillings back.");
    await otieno.at("act.decline-now").click();
    await expect.poll(() => otieno.at("act.status").textContent()).toBe("declined");
    expect((await system.mpesa.customer(msisdn)).balanceCents).toBe(balanceCents);

    // The callback is no proof: the receipt is taken from M-Pesa's statement.
    await findByReceipt(wanjiku, receipt);
    await wanjiku.at("order.act.credit_receipt").click();
    await wanjiku.at("act-form.receipt").fill(receipt);
    await wanjiku.at("act-form.amountKesCents").fill("7,000");
    await propose(wanjiku, "As on the statement of the collecting shortcode.");
    await approve(otieno);

    await findByReceipt(wanjiku, receipt);
    await wanjiku.at("order.act.refund").click();
    expect(await wanjiku.at("act-form.way").inputValue()).toBe("reversal");
    await propose(wanjiku, "The customer wants the shillings back.");
    expect((await system.mpesa.customer(msisdn)).balanceCents).toBe(balanceCents);
    await openWaiting(otieno);
    expect(await otieno.at("act").textContent()).toContain("Reversal first");
    expect(await otieno.at("act").textContent()).toContain("KES 7,000");
    await otieno.at("act.approve").click();
    await expect
      .poll(() => otieno.at("act.status").textContent(), { timeout: 20_000 })
      .toBe("Done");

    const { order: ended } = await untilFinal(wallet, order.id);
    expect(ended.state).toBe("refunded");
    expect((await system.mpesa.customer(msisdn)).balanceCents).toBe(balanceCents + 700_000n);
    await otieno.at("act.order").click();
    await otieno.at("order").waitFor();
    expect(await otieno.at("order.where").textContent()).toContain(
      "KES 7,000 went back to the payer",
    );
    await otieno.page.getByTestId("rail.log").click();
    await otieno.at("log").waitFor();
    expect(await otieno.at("log").textContent()).toContain("every hash fits the one before");
    await expectBooksInOrder(system);
  });

  test("imports a statement, books a move, and sees its line matched", async () => {
    const { page, at } = wanjiku;
    const { simulator } = system.system.urls;
    // On the portal, the day's collections are moved to the account that makes the payouts.
    const moved = await fetch(`${simulator}/control/shortcodes/600111/utility/transfers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ to: "600222:utility", amountCents: "100000" }),
    });
    expect(moved.status).toBe(201);
    const { receipt } = (await moved.json()) as { readonly receipt: string };
    const statement = await fetch(`${simulator}/control/shortcodes/600111/utility/statement.csv`);
    expect(statement.status).toBe(200);

    await at("rail.books").click();
    await at("books.upload").click();
    await at("upload.shortcode").fill("600111");
    await at("upload.file").setInputFiles({
      name: "statement.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(await statement.arrayBuffer()),
    });
    await at("upload.slab").click();
    await at("upload.lines").click();
    await expect.poll(() => at("books-lines").textContent()).toContain(receipt);

    await page.goto(`${system.system.urls.console}/#/books/book/move`);
    await at("booking.from").selectOption("mpesa_collections");
    await at("booking.to").selectOption("mpesa_available");
    await at("booking.amount").fill("1,000");
    await at("booking.reference").fill(receipt);
    await at("booking.check").click();
    expect(await at("booking.says").textContent()).toContain("KES 1,000");
    await at("booking.reason").fill("Moved on the portal, as its statement shows.");
    await at("booking.do").click();
    await expect.poll(() => at("act.status").textContent(), { timeout: 20_000 }).toBe("Done");
    // Lines that wait are judged every few seconds.
    await expect
      .poll(
        async () => {
          await at("rail.books").click();
          await at("books").waitFor();
          await page.goto(`${system.system.urls.console}/#/books/lines?state=matched`);
          await at("books-lines").waitFor();
          return at("books-lines").textContent();
        },
        { timeout: 30_000, interval: 1_000 },
      )
      .toContain(receipt);
    await expectBooksInOrder(system);
  });

  test("stops all buys with a switch, and starts them again", async () => {
    const { page, at } = wanjiku;
    const isStopped = async (): Promise<boolean> =>
      !(await wallet.wallet.quote({ kind: "buy", amountKesCents: "10000" })).ok;
    await at("rail.switches").click();
    await at("switch.stop_buys").click();
    await at("set.stop_buys.reason").fill("The price feeds are apart.");
    await at("set.stop_buys").click();
    await expect.poll(isStopped, { timeout: 10_000 }).toBe(true);
    const clear = page.getByTestId("clear.stop_buys.");
    await page.locator("details").filter({ has: clear }).locator("summary").click();
    await page.getByTestId("clear.stop_buys..reason").fill("They agree again.");
    await clear.click();
    await expect.poll(isStopped, { timeout: 10_000 }).toBe(false);
  });
});
