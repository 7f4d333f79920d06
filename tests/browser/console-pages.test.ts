import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { adminRoutes } from "@satsconnect/contracts/admin";
import type { AdminRoute } from "@satsconnect/contracts/admin";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/support/chromium.ts";
import { buildConsole } from "../../scripts/support/console.ts";
import { launch } from "../../scripts/support/frames.ts";
import type { Size } from "../../scripts/support/frames.ts";
import { answers, now, places } from "./console-fixtures.ts";

const executable = findChromium();
const origin = "http://localhost";
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const phone: Size = { width: 360, height: 640 };
const desk: Size = { width: 1280, height: 800 };
/** A folder for pictures of every page; none are taken without it. */
const pictures = process.env["CONSOLE_PICTURES"];

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** The policy that the admin listener sends with the page. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function routeOf(method: string, pathname: string): keyof typeof answers | null {
  const found = Object.values<AdminRoute>(adminRoutes).find(
    (route) =>
      route.method.toUpperCase() === method &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/gu, "[^/]+")}$`, "u").test(pathname),
  );
  return (found?.id ?? null) as keyof typeof answers | null;
}

/** Every page of the operator's console, from answers that the contract's schemas accept. */
describe.skipIf(executable === null)("the operator's page", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = buildConsole();
    browser = await launch(executable ?? "");
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  async function open(
    size: Size,
    theme: "light" | "dark",
    language: "en" | "sw",
  ): Promise<{
    readonly page: Page;
    readonly complaints: string[];
    readonly signOut: () => void;
    readonly close: () => Promise<void>;
  }> {
    const context = await browser.newContext({
      viewport: size,
      colorScheme: theme,
      locale: "en-KE",
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    let signedIn = true;
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("401"))
        complaints.push(message.text());
    });
    await page.clock.install({ time: now });
    await page.addInitScript(
      `localStorage.setItem("satsconnect.operator.language", "${language}")`,
    );
    await page.route(`${origin}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname.startsWith("/admin/")) {
        const id = routeOf(route.request().method(), pathname);
        const answer = id === null ? undefined : answers[id];
        if (id === "whoAmI" && !signedIn)
          return route.fulfill({
            status: 401,
            contentType: "application/problem+json",
            body: JSON.stringify({
              type: "https://docs.pesa.example/errors/operator_required",
              title: "An operator's session or certificate is required",
              status: 401,
              detail: "Sign in.",
              code: "operator_required",
              retry: "never",
              instance: "1",
            }),
          });
        return route.fulfill({
          status: 200,
          contentType: "application/json",
          body: JSON.stringify(answer ?? {}),
        });
      }
      const file = path.join(folder, pathname === "/" ? "index.html" : pathname);
      if (!existsSync(file)) return route.fulfill({ status: 404, body: "" });
      return route.fulfill({
        body: readFileSync(file),
        contentType: types[path.extname(file)] ?? "text/plain",
        headers: { "content-security-policy": policy },
      });
    });
    const signOut = (): void => {
      signedIn = false;
    };
    return { page, complaints, signOut, close: () => context.close() };
  }

  /** Goes to another page, as a link does, and waits until it is drawn. */
  async function show(page: Page, place: string): Promise<void> {
    await page.evaluate(`new Promise((resolve) => {
      if (location.hash === ${JSON.stringify(place)}) return resolve();
      addEventListener("hashchange", () => requestAnimationFrame(resolve), { once: true });
      location.hash = ${JSON.stringify(place)};
    })`);
    await page.locator("#root:not([aria-busy]) main").waitFor();
  }

  const visited = [...Object.entries(places), ["sign-in", "#/cases"] as const];

  test("is drawn from answers that the contract accepts", () => {
    const refused = Object.entries(answers).flatMap(([id, answer]) => {
      const { response } = adminRoutes[id as keyof typeof adminRoutes] as AdminRoute;
      return (response?.safeParse(answer).error?.issues ?? []).map((issue) => ({ id, issue }));
    });
    expect(refused).toEqual([]);
  });

  test.each([
    ["phone", phone, "light", "en"],
    ["phone", phone, "dark", "sw"],
    ["desk", desk, "light", "en"],
    ["desk", desk, "dark", "en"],
  ] as const)(
    "passes axe and fits on a %s (%o, %s, %s)",
    async (name, size, theme, language) => {
      const faults: string[] = [];
      const { page, complaints, signOut, close } = await open(size, theme, language);
      await page.goto(`${origin}/`);
      await page.evaluate(axe);
      for (const [title, place] of visited) {
        if (title === "sign-in") {
          signOut();
          await page.reload();
          await page.evaluate(axe);
        }
        await show(page, place);
        if (title === "find") {
          await page.getByTestId("find.text").fill("0712 345 408");
          await page.getByTestId("find.slab").click();
          await page.getByTestId("find.count").waitFor();
        }
        if (title === "refund" || title === "deliver") {
          await page.getByTestId("act-form.see").click();
          await page.getByTestId("act-form.do").waitFor();
        }
        // Everything that is folded is looked at too.
        await page.evaluate(
          "for (const one of document.querySelectorAll('main details')) one.open = true",
        );
        const { violations } = await page.evaluate<AxeResults>(
          `axe.run(document, { preload: false, resultTypes: ['violations']${theme === "light" ? "" : ", runOnly: ['color-contrast']"} })`,
        );
        for (const { id, nodes } of violations)
          for (const { html } of nodes) faults.push(`${title}: ${id}: ${html}`);
        const wide = await page.evaluate<number>(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        if (wide > 0) faults.push(`${title}: ${String(wide)} px wider than the window`);
        const small = await page.evaluate<string[]>(
          `[...document.querySelectorAll("main button, main a, main input, main select, main summary")]
            .filter((one) => one.checkVisibility() && one.closest(".inside") === null)
            .filter((one) => one.getBoundingClientRect().height < 44)
            .filter((one) => getComputedStyle(one).display !== "inline")
            .map((one) => one.outerHTML.slice(0, 120))`,
        );
        for (const one of small) faults.push(`${title}: smaller than a finger: ${one}`);
        faults.push(...complaints.splice(0).map((one) => `${title}: ${one}`));
        if (pictures !== undefined) {
          mkdirSync(pictures, { recursive: true });
          await page.screenshot({
            path: path.join(pictures, `${title}-${name}-${theme}.png`),
            fullPage: true,
          });
        }
      }
      await close();
      expect(faults).toEqual([]);
    },
    180_000,
  );
});
