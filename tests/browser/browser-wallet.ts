import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

/** Recorded activity of a page. */
type Watched = {
  /** URL of each request and socket. */
  readonly addresses: string[];
  /** Console errors, console warnings and uncaught exceptions. */
  readonly complaints: string[];
  /** All data that left the page: URLs, headers and bodies of requests, socket frames, console lines. */
  readonly sent: Buffer[];
};

export type BrowserWallet = {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly watched: Watched;
  readonly at: (testId: string) => Locator;
  readonly press: (testId: string) => Promise<void>;
  readonly pin: (name: string, pin: string) => Promise<void>;
  /** Types a whole amount on the keypad of an amount page. */
  readonly amount: (name: string, digits: string) => Promise<void>;
};

/** Opens a browser. With `videoFile`, it has a fake camera that plays that file, and every page may use it. */
export async function openBrowser(
  executablePath: string,
  { videoFile }: { readonly videoFile?: string } = {},
): Promise<Browser> {
  const camera =
    videoFile === undefined
      ? []
      : [
          "--use-fake-device-for-media-stream",
          "--use-fake-ui-for-media-stream",
          `--use-file-for-fake-video-capture=${videoFile}`,
        ];
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...camera] });
}

/** Opens a separate profile and records everything that leaves it. */
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
    watched.sent.push(Buffer.from(`${request.url()}\n${JSON.stringify(request.headers())}`));
    watched.sent.push(request.postDataBuffer() ?? Buffer.alloc(0));
  });
  page.on("websocket", (socket) => {
    watched.addresses.push(socket.url());
    socket.on("framesent", ({ payload }) => {
      watched.sent.push(typeof payload === "string" ? Buffer.from(payload) : payload);
    });
  });
  page.on("console", (message) => {
    watched.sent.push(Buffer.from(message.text()));
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

/**
 * All unencrypted data that the page stores on the device: localStorage and every IndexedDB database of the origin,
 * as bytes.
 */
export async function storedInClear(page: Page): Promise<Buffer[]> {
  const texts = await page.evaluate<string[]>(`(async () => {
    const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
    const textOf = (value) => {
      if (value instanceof ArrayBuffer) return textOf(new Uint8Array(value));
      if (ArrayBuffer.isView(value))
        return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
          .map((byte) => byte.toString(16).padStart(2, "0")).join("");
      if (Array.isArray(value)) return value.map(textOf).join("\\n");
      if (value !== null && typeof value === "object") return Object.entries(value).flat().map(textOf).join("\\n");
      return String(value);
    };
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      found.push(name);
      for (const store of database.objectStoreNames) {
        const all = (method) => new Promise((resolve, reject) => {
          const request = database.transaction(store).objectStore(store)[method]();
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        found.push(textOf(await all("getAllKeys")), textOf(await all("getAll")));
      }
      database.close();
    }
    return found;
  })()`);
  return texts.map((text) => Buffer.from(text));
}

/** Searches recordings for secrets as text, hexadecimal, base64 or raw bytes. @returns the names of those found. */
export function leaksOf(
  recorded: readonly Buffer[],
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const forms = formsOf(secret);
    return recorded.some((part) => forms.some((form) => part.includes(form))) ? [name] : [];
  });
}

function formsOf(secret: string): readonly Buffer[] {
  const isHex = /^(?:[0-9a-f]{2}){16,}$/u.test(secret);
  const bytes = Buffer.from(secret, isHex ? "hex" : "utf8");
  // The base64 form depends on the alignment, so all three are searched.
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const stable = encoded.replace(/=+$/u, "").slice(offset === 0 ? 0 : offset + 1, -1);
    return [stable, stable.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [bytes, ...[secret, bytes.toString("hex"), ...inBase64].map((form) => Buffer.from(form))];
}

/** Visible text of an element, with non-breaking spaces and joiners normalised. */
export async function visibleText(locator: Locator): Promise<string> {
  const text = (await locator.textContent()) ?? "";
  return text.replaceAll(/[\u00a0\u202f]/gu, " ").replaceAll("\u2060", "");
}

/** First sentence of a catalogue text: pages may show the sentences of one text in separate elements. */
export function firstSentence(text: string): string {
  return /^[^.?]*/u.exec(text)?.[0] ?? text;
}

/** Opens the recovery words from the menu, reads them and goes back. */
export async function readWords(wallet: BrowserWallet, pin: string): Promise<readonly string[]> {
  await wallet.press("home.menu");
  await wallet.press("settings.words");
  await wallet.pin("words-pin", pin);
  const words: string[] = [];
  for (let index = 1; index <= 12; index += 1)
    words.push((await wallet.at(`words.${String(index)}`).textContent()) ?? "");
  await wallet.press("words.back");
  return words;
}

/** Creates a wallet, from an empty profile to its home page. */
export async function createWallet(
  wallet: BrowserWallet,
  address: string,
  pin: string,
  language: "en" | "sw" = "en",
): Promise<void> {
  await wallet.page.goto(address);
  await wallet.press(`language.${language}`);
  await wallet.press("start.create");
  await wallet.pin("choose-pin", pin);
  await wallet.pin("choose-pin", pin);
  await wallet.at("home").waitFor();
}

/** Spendable balance on the home page in sats, once it is shown. */
export async function balanceSats(wallet: BrowserWallet): Promise<number> {
  await wallet.page
    .getByTestId("home.balance")
    .filter({ hasText: /\d/u })
    .waitFor({ timeout: 20_000 });
  const text = (await wallet.at("home.balance").textContent()) ?? "";
  return Number(/(\d[\d,]*)$/u.exec(text.trim())?.[1]?.replaceAll(",", "") ?? "NaN");
}

/**
 * Starts a first buy on the home page and confirms it, up to the STK push. A first buy asks for the phone number
 * before the amount.
 */
export async function startBuy(wallet: BrowserWallet, msisdn: string, kes: string): Promise<void> {
  await wallet.press("home.buy");
  await wallet.at("buy.number.field").fill(`0${msisdn.slice(3)}`);
  await wallet.press("buy.number.continue");
  await wallet.amount("buy.amount", kes);
  await wallet.press("buy.amount.continue");
  await wallet.press("buy.quote.pay");
}

/** Holds a button for as long as a confirmation takes. */
export async function hold(wallet: BrowserWallet, testId: string): Promise<void> {
  const box = await wallet.at(testId).boundingBox();
  if (box === null) throw new Error("There is nothing to hold");
  await wallet.page.mouse.move(box.x + 100, box.y + 20);
  await wallet.page.mouse.down();
  await wallet.page.waitForTimeout(1_300);
  await wallet.page.mouse.up();
}
