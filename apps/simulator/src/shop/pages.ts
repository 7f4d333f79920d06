import type { LightningNode } from "@satsconnect/lightning";
import { formatSat, sat } from "@satsconnect/money";
import { encodeQR } from "qr";
import { page, problem, seeOther } from "../http/reply.ts";
import type { HttpRequest, Reply } from "../http/reply.ts";
import type { Router } from "../http/router.ts";
import type { Language } from "../mpesa/customers.ts";
import { Html, html } from "../pages/html.ts";
import { languageHeaders, languageOf } from "../pages/language.ts";
import { sellFor } from "./api.ts";
import { goods } from "./goods.ts";
import { shopStyle } from "./style.ts";
import { shopWords } from "./words.ts";

const largestSat = 10_000_000n;

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

  router.get("/style.css", () => ({
    type: "content",
    status: 200,
    headers: { "content-type": "text/css; charset=utf-8" },
    body: shopStyle,
  }));
  router.get("/favicon.svg", () => ({
    type: "content",
    status: 200,
    headers: { "content-type": "image/svg+xml" },
    body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="18" r="11" fill="#d8432f"/><path d="M16 8c2-5 7-5 8-4-1 3-4 5-8 4z" fill="#2e6b3a"/></svg>',
  }));
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
      ${payment.amountMsat !== null && html`<p class="price">${formatSat(sat(payment.amountMsat / 1_000n))}</p>`}`;
    const back = html`<p><a href="/">${words.back}</a></p>`;
    switch (payment.state) {
      case "claimed":
        return page(
          layout(
            language,
            words.paid,
            html`${head}
              <p class="paid">${words.paid}</p>
              ${back}`,
          ),
        );
      case "expired":
        return page(
          layout(
            language,
            words.ended,
            html`${head}
              <p>${words.ended}</p>
              ${back}`,
          ),
        );
      default: {
        const code = new Html(encodeQR(payment.request.toUpperCase(), "svg", { border: 2 }));
        const body = html`${head}
          <p>${words.pay}</p>
          <div class="code" role="img" aria-label="${words.invoice}">${code}</div>
          <textarea readonly aria-label="${words.invoice}">${payment.request}</textarea>
          ${back}`;
        return page(layout(language, words.invoice, body, 2));
      }
    }
  });
}

function counterBody(node: LightningNode, language: Language, wrong: boolean): Html {
  const words = shopWords(language);
  const other = language === "en" ? "sw" : "en";
  return html`<header>
      <h1>Mama Mboga</h1>
      <a href="/?lang=${other}" lang="${other}">${other === "sw" ? "Kiswahili" : "English"}</a>
    </header>
    <p>${words.lead}</p>
    <ul>
      ${goods.map(
        ({ id, name, priceSat }) =>
          html`<li>
            <span>${name[language]}<br /><strong>${formatSat(sat(priceSat))}</strong></span>
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

function layout(language: Language, title: string, body: Html, refreshSeconds?: number): string {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${title}</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="/favicon.svg" />
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`.text;
}
