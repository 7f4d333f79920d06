import type { LightningNode } from "@satsconnect/lightning";
import { encodeQR } from "qr";
import { page, problem, seeOther } from "../web/responses.ts";
import type { HttpRequest, Reply } from "../web/responses.ts";
import type { Router } from "../web/router.ts";
import type { Language } from "../shared/language.ts";
import { Assets } from "../web/assets.ts";
import { Html, html } from "../web/html.ts";
import { languageHeaders, languageOf } from "../web/page-language.ts";
import { sellFor } from "./api.ts";
import { goods } from "./goods.ts";
import { pictures } from "./pictures.ts";
import { shopWords } from "./words.ts";

const largestSat = 10_000_000n;
const assets = new Assets(new URL("./assets/", import.meta.url), [
  "shop.css",
  "shop.js",
  "shop.svg",
]);

/** The shop for people: choose, take the invoice to the wallet, see that it was paid. Works without scripts. */
export function merchantPages(router: Router, node: LightningNode): void {
  const counter = (request: HttpRequest, wrong: boolean): Reply => {
    const language = languageOf(request);
    const body = counterBody(node, language, wrong);
    return page(
      layout(language, shopWords(language).title, body),
      wrong ? 422 : 200,
      languageHeaders(request),
    );
  };
  const sell = async (priceSat: bigint, name: string): Promise<Reply> => {
    const made = await sellFor(node, priceSat, name);
    return made.ok
      ? seeOther(`/order/${made.value.paymentHash}`)
      : problem(503, made.error.code, made.error.message);
  };

  router.get("/assets/:name", (request) => assets.reply(request));
  router.get("/", (request) => counter(request, false));
  router.post("/buy", async (request) => {
    const text = (new URLSearchParams(request.body).get("sats") ?? "").trim();
    const amount = /^[1-9]\d{0,7}$/.test(text) ? BigInt(text) : 0n;
    if (amount < 1n || amount > largestSat) return counter(request, true);
    return sell(amount, shopWords(languageOf(request)).title);
  });
  router.post("/buy/:id", async (request) => {
    const good = goods.find(({ id }) => id === request.params["id"]);
    if (good === undefined) return problem(404, "not_found", "The shop does not sell this.");
    return sell(good.priceSat, good.name[languageOf(request)]);
  });
  router.get("/order/:hash", async (request) => {
    const payment = await node.payment(request.params["hash"] ?? "", "inbound");
    if (payment?.direction !== "inbound" || payment.request === null) {
      return problem(404, "not_found", "The shop knows no such order.");
    }
    const language = languageOf(request);
    const words = shopWords(language);
    const head = html`<h1>${payment.description ?? words.order}</h1>
      ${payment.amountMsat !== null && html`<p class="price">${priceOf(payment.amountMsat / 1_000n, language)}</p>`}`;
    switch (payment.state) {
      case "claimed": {
        const body = html`<div class="slip">
          ${head}
          <p class="paid">${words.paid}</p>
          <p class="thanks">${words.thanks}</p>
          <a class="button" href="/">${words.back}</a>
        </div>`;
        return page(layout(language, words.paid, body));
      }
      case "expired": {
        const body = html`<div class="slip">
          ${head}
          <p>${words.ended}</p>
          <a class="button" href="/">${words.back}</a>
        </div>`;
        return page(layout(language, words.ended, body));
      }
      default: {
        const code = new Html(encodeQR(payment.request.toUpperCase(), "svg", { border: 2 }));
        const body = html`<div class="slip">
          ${head}
          <p>${words.pay}</p>
          <div class="code" role="img" aria-label="${words.invoice}">${code}</div>
          <button type="button" data-copied="${words.copied}" hidden>${words.copy}</button>
          <textarea readonly aria-label="${words.invoice}">${payment.request}</textarea>
          <a href="/">${words.back}</a>
        </div>`;
        return page(layout(language, words.invoice, body, "open"));
      }
    }
  });
}

function priceOf(amount: bigint, language: Language): string {
  return shopWords(language).price(amount.toLocaleString("en-KE"));
}

function counterBody(node: LightningNode, language: Language, wrong: boolean): Html {
  const words = shopWords(language);
  const other = language === "en" ? "sw" : "en";
  return html`<nav>
      <a href="/?lang=${other}" lang="${other}">${other === "sw" ? "Kiswahili" : "English"}</a>
    </nav>
    <header class="board">
      <h1>Mama Mboga</h1>
      <p>${words.lead}</p>
    </header>
    <ul class="goods">
      ${goods.map(
        ({ id, name, priceSat }) =>
          html`<li>
            ${pictures[id]}
            <span>${name[language]}<strong>${priceOf(priceSat, language)}</strong></span>
            <form method="post" action="/buy/${id}">
              <button aria-label="${words.buy}: ${name[language]}">${words.buy}</button>
            </form>
          </li>`,
      )}
    </ul>
    <form class="own" method="post" action="/buy">
      ${wrong && html`<p role="alert">${words.wrongAmount}</p>`}
      <label>${words.ownAmount}<input name="sats" inputmode="numeric" required /></label>
      <button>${words.ask}</button>
    </form>
    <p class="node"><small>${words.node} ${node.nodeId}</small></p>`;
}

/** @param state of an order that can still change: the page looks again and again, without scripts as a whole. */
function layout(language: Language, title: string, body: Html, state?: "open"): string {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${state === "open" && html`<noscript><meta http-equiv="refresh" content="2" /></noscript>`}
        <title>${title}</title>
        <link rel="stylesheet" href="${assets.url("shop.css")}" />
        <link rel="icon" href="${assets.url("shop.svg")}" />
        <script src="${assets.url("shop.js")}" defer></script>
      </head>
      <body>
        <div class="awning" aria-hidden="true"></div>
        <main data-state="${state ?? "done"}">${body}</main>
      </body>
    </html>`.text;
}
