import type { InboundPayment, LightningNode } from "@satsconnect/lightning";
import type { Express, Request, Response } from "express";
import { encodeQR } from "qr";
import type { Language } from "../shared/language.ts";
import { route } from "../web/app.ts";
import { Assets } from "../web/assets.ts";
import { Html, html } from "../web/html.ts";
import { languageHeaders, languageOf } from "../web/page-language.ts";
import { formOf, pathParameter } from "../web/requests.ts";
import { seeOther, sendPage, sendProblem } from "../web/responses.ts";
import { createShopInvoice } from "./api.ts";
import { goods } from "./goods.ts";
import { pictures } from "./pictures.ts";
import { shopStrings } from "./strings.ts";

const maxSat = 10_000_000n;
const assets = new Assets(new URL("./assets/", import.meta.url), [
  "shop.css",
  "shop.js",
  "shop.svg",
]);

/** The shop's pages: the goods, and an order with its invoice and its state. They work without scripts. */
export function merchantPages(app: Express, node: LightningNode): void {
  const showGoods = (request: Request, response: Response, invalidAmount: boolean): void => {
    const language = languageOf(request);
    const body = goodsBody(node, language, invalidAmount);
    sendPage(
      response,
      layout(language, shopStrings(language).title, body),
      invalidAmount ? 422 : 200,
      languageHeaders(request),
    );
  };
  const createOrder = async (response: Response, priceSat: bigint, name: string): Promise<void> => {
    const created = await createShopInvoice(node, priceSat, name);
    if (created.ok) seeOther(response, `/order/${created.value.paymentHash}`);
    else sendProblem(response, 503, created.error.code, created.error.message);
  };

  route(app, "/assets/:name", { get: (request, response) => assets.serve(request, response) });
  route(app, "/", { get: (request, response) => showGoods(request, response, false) });
  route(app, "/buy", {
    post: async (request, response) => {
      const text = (formOf(request).get("sats") ?? "").trim();
      const amount = /^[1-9]\d{0,7}$/.test(text) ? BigInt(text) : 0n;
      if (amount < 1n || amount > maxSat) showGoods(request, response, true);
      else await createOrder(response, amount, shopStrings(languageOf(request)).title);
    },
  });
  route(app, "/buy/:id", {
    post: async (request, response) => {
      const goodId = pathParameter(request, "id");
      const good = goods.find(({ id }) => id === goodId);
      if (good === undefined) {
        sendProblem(response, 404, "not_found", "The shop does not sell this.");
      } else {
        await createOrder(response, good.priceSat, good.name[languageOf(request)]);
      }
    },
  });
  route(app, "/order/:hash", {
    get: async (request, response) => {
      const payment = await node.payment(pathParameter(request, "hash"), "inbound");
      if (payment?.direction !== "inbound" || payment.request === null) {
        sendProblem(response, 404, "not_found", "The shop has no such order.");
      } else {
        sendPage(response, orderPage(payment, payment.request, languageOf(request)));
      }
    },
  });
}

function orderPage(payment: InboundPayment, invoice: string, language: Language): string {
  const strings = shopStrings(language);
  const head = html`<h1>${payment.description ?? strings.order}</h1>
    ${payment.amountMsat !== null && html`<p class="price">${priceOf(payment.amountMsat / 1_000n, language)}</p>`}`;
  switch (payment.state) {
    case "claimed": {
      const body = html`<div class="slip">
        ${head}
        <p class="paid">${strings.paid}</p>
        <p class="thanks">${strings.thanks}</p>
        <a class="button" href="/">${strings.back}</a>
      </div>`;
      return layout(language, strings.paid, body);
    }
    case "expired": {
      const body = html`<div class="slip">
        ${head}
        <p>${strings.ended}</p>
        <a class="button" href="/">${strings.back}</a>
      </div>`;
      return layout(language, strings.ended, body);
    }
    default: {
      const code = new Html(encodeQR(invoice.toUpperCase(), "svg", { border: 2 }));
      const body = html`<div class="slip">
        ${head}
        <p>${strings.pay}</p>
        <div class="code" role="img" aria-label="${strings.invoice}">${code}</div>
        <button type="button" data-copied="${strings.copied}" hidden>${strings.copy}</button>
        <textarea readonly aria-label="${strings.invoice}">${invoice}</textarea>
        <a href="/">${strings.back}</a>
      </div>`;
      return layout(language, strings.invoice, body, "open");
    }
  }
}

function priceOf(amount: bigint, language: Language): string {
  return shopStrings(language).price(amount.toLocaleString("en-KE"));
}

function goodsBody(node: LightningNode, language: Language, invalidAmount: boolean): Html {
  const strings = shopStrings(language);
  const other = language === "en" ? "sw" : "en";
  return html`<nav>
      <a href="/?lang=${other}" lang="${other}">${other === "sw" ? "Kiswahili" : "English"}</a>
    </nav>
    <header class="board">
      <h1>Mama Mboga</h1>
      <p>${strings.lead}</p>
    </header>
    <ul class="goods">
      ${goods.map(
        ({ id, name, priceSat }) =>
          html`<li>
            ${pictures[id]}
            <span>${name[language]}<strong>${priceOf(priceSat, language)}</strong></span>
            <form method="post" action="/buy/${id}">
              <button aria-label="${strings.buy}: ${name[language]}">${strings.buy}</button>
            </form>
          </li>`,
      )}
    </ul>
    <form class="own" method="post" action="/buy">
      ${invalidAmount && html`<p role="alert">${strings.invalidAmount}</p>`}
      <label>${strings.ownAmount}<input name="sats" inputmode="numeric" required /></label>
      <button>${strings.ask}</button>
    </form>
    <p class="node"><small>${strings.node} ${node.nodeId}</small></p>`;
}

/** @param state `open` while the order may still change: the script polls, and without scripts the page refreshes. */
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
