import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

/** What a page did that a test may ask about. */
export type Watched = {
  /** Every request and socket, by its address. */
  readonly addresses: string[];
  /** Errors and warnings of the console, and what was thrown. */
  readonly complaints: string[];
  /** Everything that left the page as text: bodies of requests. */
  readonly sent: string[];
};

export type BrowserWallet = {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly watched: Watched;
  readonly at: (testId: string) => Locator;
  readonly press: (testId: string) => Promise<void>;
  readonly pin: (name: string, pin: string) => Promise<void>;
  /** Types a whole amount on the keys of an amount page. */
  readonly amount: (name: string, digits: string) => Promise<void>;
};

export async function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A profile of its own, with everything that leaves it written down. */
export async function openProfile(browser: Browser): Promise<BrowserWallet> {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    locale: "en-KE",
  });
  return watch(context, await context.newPage());
}

export function watch(context: BrowserContext, page: Page): BrowserWallet {
  const watched: Watched = { addresses: [], complaints: [], sent: [] };
  page.on("request", (request) => {
    watched.addresses.push(request.url());
    watched.sent.push(request.postDataBuffer()?.toString("latin1") ?? "");
  });
  page.on("websocket", (socket) => {
    watched.addresses.push(socket.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      watched.complaints.push(`${message.text()} ${message.location().url}`);
    }
  });
  page.on("pageerror", (error) => {
    watched.complaints.push(error.message);
  });
  const at = (testId: string): Locator => page.getByTestId(testId).last();
  const press = async (testId: string): Promise<void> => {
    await at(testId).click();
  };
  return {
    context,
    page,
    watched,
    at,
    press,
    async pin(name, pin) {
      for (const digit of pin) await press(`${name}.key.${digit}`);
    },
    async amount(name, digits) {
      for (const digit of digits) await press(`${name}.key.${digit}`);
    },
  };
}

/** A new wallet, from an empty profile to its home page. */
export async function createWallet(
  wallet: BrowserWallet,
  address: string,
  pin: string,
): Promise<void> {
  await wallet.page.goto(address);
  await wallet.press("language.en");
  await wallet.press("start.create");
  await wallet.pin("choose-pin", pin);
  await wallet.pin("choose-pin", pin);
  await wallet.at("home").waitFor();
}
