import type { Customer } from "../mpesa/customers.ts";
import type { Language } from "../shared/language.ts";
import { fullName, nationalNumber } from "../mpesa/customers.ts";
import { wallTime } from "../mpesa/nairobi.ts";
import type { Assets } from "../web/assets.ts";
import { handsetStrings } from "./handset-strings.ts";
import { pathOf } from "./handset-screens.ts";
import type { Screen } from "./handset-screens.ts";
import { html } from "../web/html.ts";
import type { Html } from "../web/html.ts";

/** A phone with keys around a screen, and a label with its owner, number and PIN. */
export function phonePage(assets: Assets, customer: Customer, screen: Screen, now: number): string {
  const strings = handsetStrings(customer.language);
  return documentPage(
    assets,
    ["handset.css"],
    customer.language,
    `${nationalNumber(customer.msisdn)} · ${fullName(customer)}`,
    html`<body
      class="page"
      data-events="${pathOf(customer)}/events"
      data-home="${pathOf(customer)}"
    >
      <header class="tape">
        <p>
          <b>${fullName(customer)}</b>
          <span>${nationalNumber(customer.msisdn)} · ${strings.pin} ${customer.pin}</span>
        </p>
        <nav>
          <a href="/handset">${strings.changePhone}</a>
          <form method="post" action="${pathOf(customer)}/power">
            <button
              name="on"
              value="${customer.reachable ? "no" : "yes"}"
              aria-label="${customer.reachable ? strings.turnOff : strings.turnOn}"
              title="${customer.reachable ? strings.turnOff : strings.turnOn}"
            >
              ${power}
            </button>
          </form>
        </nav>
      </header>
      <div class="phone">
        <div class="earpiece" aria-hidden="true"></div>
        <main
          class="lcd ${customer.reachable ? "" : "dark"}"
          id="screen"
          data-redraws="${screen.redraws}"
          aria-label="${strings.screen}"
        >
          <div class="bar">
            ${customer.reachable ? signal : html`<span></span>`}${screen.middle ?? html`<span>Safaricom</span>`}${screen.heading === null && screen.middle === null ? battery : html`<time>${wallTime(now)}</time>`}
          </div>
          ${screen.heading !== null && html`<h1>${screen.heading}</h1>`}
          <div class="body">${screen.body}</div>
          <div class="softs">
            ${screen.left ?? html`<span></span>`}${screen.right ?? html`<span></span>`}
          </div>
        </main>
        ${keys(strings)}
      </div>
    </body>`,
  );
}

export type ListedPhone = {
  readonly customer: Customer;
  readonly balance: string;
  readonly unread: number;
  readonly prompted: boolean;
};

/** The list of phones, and a form for a new SIM card. */
export function phoneListPage(
  assets: Assets,
  language: Language,
  phones: readonly ListedPhone[],
  problem: "exists" | "invalid" | null,
): string {
  const strings = handsetStrings(language);
  return documentPage(
    assets,
    ["handset.css", "phone-list.css"],
    language,
    strings.phones,
    html`<body class="page phone-list" data-events="/control/events">
      <header>
        <h1>${strings.phones}</h1>
        <p>${strings.phonesLead}</p>
      </header>
      <main id="screen" data-redraws="live">
        <ul class="phones">
          ${phones.map(
            ({ customer, balance, unread, prompted }) =>
              html`<li>
                <a href="${pathOf(customer)}" class="${prompted ? "prompted" : ""}">
                  ${smallPhone}
                  <span class="who"
                    ><b>${fullName(customer)}</b
                    ><span>${nationalNumber(customer.msisdn)}</span></span
                  >
                  <span class="what"
                    ><b
                      >${customer.status === "unregistered" ? strings.noMpesa : `Ksh ${balance}`}</b
                    ><span>${phoneNote(strings, customer, unread, prompted)}</span></span
                  >
                </a>
              </li>`,
          )}
        </ul>
      </main>
      <form class="sim" method="post" action="/handset">
        <h2>${strings.newSim}</h2>
        ${problem !== null && html`<p role="alert">${problem === "exists" ? strings.simExists : strings.simInvalid}</p>`}
        <label
          >${strings.number}<input
            name="number"
            inputmode="tel"
            placeholder="0712 345 678"
            required
        /></label>
        <label>${strings.name}<input name="name" maxlength="60" required /></label>
        <label
          >${strings.money}<input name="money" inputmode="numeric" value="5000" required
        /></label>
        <button>${strings.makeSim}</button>
      </form>
      <footer>
        <a href="/control">${strings.otherPages}</a>
        <a
          href="/handset?lang=${language === "en" ? "sw" : "en"}"
          lang="${language === "en" ? "sw" : "en"}"
          >${language === "en" ? "Kiswahili" : "English"}</a
        >
      </footer>
    </body>`,
  );
}

function phoneNote(
  strings: ReturnType<typeof handsetStrings>,
  customer: Customer,
  unread: number,
  prompted: boolean,
): string {
  if (prompted) return strings.waiting;
  if (!customer.reachable) return strings.switchedOff;
  return unread > 0 ? strings.unread(unread) : "";
}

function documentPage(
  assets: Assets,
  styles: readonly string[],
  language: Language,
  title: string,
  body: Html,
): string {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="theme-color" content="#ded6c6" />
        <title>${title}</title>
        ${styles.map((name) => html`<link rel="stylesheet" href="${assets.url(name)}" />`)}
        <link rel="icon" href="${assets.url("handset.svg")}" />
        <script src="${assets.url("live.js")}" defer></script>
        <script src="${assets.url("handset.js")}" defer></script>
      </head>
      ${body}
    </html>`.text;
}

const letters = ["", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];

function keys(strings: ReturnType<typeof handsetStrings>): Html {
  return html`<div class="keys" role="group" aria-label="${strings.keys}">
    <div class="ways">
      <button type="button" data-key="left" class="dash" aria-label="${strings.ok}"><i></i></button>
      <button type="button" data-key="up" class="rocker" aria-label="${strings.up}">
        ${chevron("M5 12l7-7 7 7")}
      </button>
      <button type="button" data-key="right" class="dash" aria-label="${strings.cancel}">
        <i></i>
      </button>
      <button type="button" data-key="erase" class="erase" aria-label="${strings.erase}">C</button>
      <button type="button" data-key="down" class="rocker" aria-label="${strings.down}">
        ${chevron("M5 7l7 7 7-7")}
      </button>
      <button type="button" data-key="end" class="end" aria-label="${strings.endKey}">
        ${handsetDown}
      </button>
    </div>
    <div class="pad">
      ${letters.map(
        (group, index) =>
          html`<button type="button" data-key="${index + 1}">
            ${index + 1}<small>${group}</small>
          </button>`,
      )}
      <button type="button" data-key="*">*</button>
      <button type="button" data-key="0">0<small>+</small></button>
      <button type="button" data-key="#">#</button>
    </div>
  </div>`;
}

function chevron(path: string): Html {
  return html`<svg viewBox="0 0 24 19" aria-hidden="true">
    <path d="${path}" fill="none" stroke="currentColor" stroke-width="3" />
  </svg>`;
}

const signal = html`<svg class="signal" viewBox="0 0 20 14" aria-hidden="true">
  <path d="M1 10h3v4H1zM6 7h3v7H6zM11 4h3v10h-3zM16 0h3v14h-3z" fill="currentColor" />
</svg>`;
const battery = html`<svg class="battery" viewBox="0 0 26 14" aria-hidden="true">
  <path d="M1 1h21v12H1zM22 4h3v6h-3" fill="none" stroke="currentColor" stroke-width="2" />
  <path d="M4 4h4v6H4zM10 4h4v6h-4zM16 4h3v6h-3z" fill="currentColor" />
</svg>`;
const power = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path d="M12 3v9M6.500 6.500a8 8 0 1 0 11 0" fill="none" stroke="currentColor" stroke-width="2" />
</svg>`;
const handsetDown = html`<svg viewBox="0 0 28 14" aria-hidden="true">
  <path d="M2 11c-1-7 7-9 12-9s13 2 12 9l-7-1V6c-3-1-7-1-10 0v4z" fill="currentColor" />
</svg>`;
const smallPhone = html`<svg class="small-phone" viewBox="0 0 24 40" aria-hidden="true">
  <rect x="1" y="1" width="22" height="38" rx="6" class="shell" />
  <rect x="5" y="6" width="14" height="11" rx="1" class="glass" />
  <path
    d="M6 22h3M10.500 22h3M15 22h3M6 27h3M10.500 27h3M15 27h3M6 32h3M10.500 32h3M15 32h3"
    class="dots"
  />
</svg>`;
