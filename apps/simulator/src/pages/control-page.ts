import { listPayouts } from "../daraja/payouts.ts";
import { listPushes } from "../daraja/stk-push.ts";
import { listDeliveries } from "../callbacks/deliveries.ts";
import { shortcodeView } from "../control/views.ts";
import { faultApis, faultEntry, faultKinds } from "../faults/catalogue.ts";
import { listFaults } from "../faults/active-faults.ts";
import type { Fault } from "../faults/active-faults.ts";
import { fullName, listCustomers, nationalNumber } from "../mpesa/customers.ts";
import type { Language } from "../shared/language.ts";
import { audit } from "../mpesa/ledger.ts";
import { plain } from "../mpesa/sms.ts";
import { wallTime } from "../mpesa/nairobi.ts";
import { listShortcodes } from "../mpesa/shortcodes.ts";
import { priceBehaviours, priceSources } from "../rates/prices.ts";
import type { Simulator } from "../runtime/simulator.ts";
import type { Assets } from "../web/assets.ts";
import { controlWords } from "./control-words.ts";
import { attribute, html } from "../web/html.ts";
import type { Html } from "../web/html.ts";

type Words = ReturnType<typeof controlWords>;

/** The whole page of switches, accounts and what happened last. */
export function controlPage(
  simulator: Simulator,
  assets: Assets,
  language: Language,
  wrong: string | null,
): string {
  const words = controlWords(language);
  const { database } = simulator.world;
  const other = language === "en" ? "sw" : "en";
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${words.title}</title>
        <link rel="stylesheet" href="${assets.url("control.css")}" />
        <link rel="icon" href="${assets.url("handset.svg")}" />
        <script src="${assets.url("live.js")}" defer></script>
      </head>
      <body data-events="/control/events">
        <header>
          <nav>
            <a href="/handset">${words.phones}</a>
            <a href="/control?lang=${other}" lang="${other}"
              >${other === "sw" ? "Kiswahili" : "English"}</a
            >
          </nav>
          <h1>${words.title}</h1>
          <p>${words.lead}</p>
          ${wrong !== null && html`<p role="alert">${words.wrong} ${wrong}</p>`}
        </header>
        <main>
          ${faultsOn(words, language, listFaults(database))} ${switchOn(words, language, simulator)}
          ${accounts(words, simulator)} ${feeds(words, simulator)} ${latest(words, simulator)}
        </main>
      </body>
    </html>`.text;
}

function faultsOn(words: Words, language: Language, faults: readonly Fault[]): Html {
  return html`<section>
    <h2>${words.faults}</h2>
    ${faults.length === 0 && html`<p>${words.noFaults}</p>`}
    <ul class="rows">
      ${faults.map(
        (fault) =>
          html`<li>
            <span
              ><b>${faultEntry(fault.kind)[language]}</b
              ><small
                >${fault.api} ·
                ${fault.msisdn ?? words.everybody}${fault.remaining !== null && ` · ${words.left(fault.remaining)}`}${fault.parameters.code !== undefined && ` · ${fault.parameters.code}`}</small
              ></span
            >
            <form method="post" action="/control/page/faults/${fault.id}/off">
              <button>${words.switchOff}</button>
            </form>
          </li>`,
      )}
    </ul>
    ${
      faults.length > 1 &&
      html`<form method="post" action="/control/page/faults/off">
        <button class="wide">${words.allOff}</button>
      </form>`
    }
  </section>`;
}

function switchOn(words: Words, language: Language, { world }: Simulator): Html {
  const categories = ["gateway", "outcome", "delivery"] as const;
  return html`<section>
    <details id="switch-on">
      <summary>${words.switchOn}</summary>
      <form class="fields" method="post" action="/control/page/faults">
        <label
          >${words.kind}<select name="kind">
            ${categories.map(
              (category) =>
                html`<optgroup label="${words.categories[category]}">
                  ${faultKinds
                    .filter((kind) => faultEntry(kind).category === category)
                    .map(
                      (kind) =>
                        html`<option value="${kind}">${faultEntry(kind)[language]}</option>`,
                    )}
                </optgroup>`,
            )}
          </select></label
        >
        <label
          >${words.api}<select name="api">
            ${faultApis.map((api) => html`<option>${api}</option>`)}
          </select></label
        >
        <label
          >${words.phone}<select name="msisdn">
            <option value="">${words.everybody}</option>
            ${listCustomers(world.database).map(
              (customer) =>
                html`<option value="${customer.msisdn}">
                  ${nationalNumber(customer.msisdn)} ${fullName(customer)}
                </option>`,
            )}
          </select></label
        >
        <label
          >${words.times}<input name="times" inputmode="numeric" pattern="[1-9][0-9]{0,3}"
        /></label>
        <label>${words.code}<input name="code" maxlength="20" /></label>
        <label
          >${words.seconds}<input name="seconds" inputmode="numeric" pattern="[0-9]{1,4}"
        /></label>
        <button class="wide">${words.on}</button>
      </form>
    </details>
  </section>`;
}

function accounts(words: Words, { world }: Simulator): Html {
  const findings = audit(world.database);
  return html`<section>
    <h2>${words.organisation}</h2>
    ${listShortcodes(world.database).map((shortcode) => {
      const { balancesCents } = shortcodeView(world, shortcode);
      return html`<h3>${shortcode.name} <small>${shortcode.shortcode}</small></h3>
        <ul class="rows">
          ${Object.entries(balancesCents).map(
            ([account, cents]) =>
              html`<li><span>${account}</span><b class="figure">${plain(cents)}</b></li>`,
          )}
        </ul>
        <form
          class="inline"
          method="post"
          action="/control/page/deposits/${shortcode.shortcode}/utility"
        >
          <label
            >${words.amount}<input name="amount" inputmode="decimal" value="100000" required
          /></label>
          <button>${words.deposit}</button>
        </form>`;
    })}
    <h3>${words.audit}</h3>
    ${
      findings.length === 0
        ? html`<p>${words.auditFine}</p>`
        : html`<ul>
            ${findings.map((finding) => html`<li>${finding.account}: ${finding.problem}</li>`)}
          </ul>`
    }
  </section>`;
}

function feeds(words: Words, { prices }: Simulator): Html {
  return html`<section>
    <h2>${words.prices}</h2>
    <ul class="rows">
      ${priceSources.map((source) => {
        const now = prices.behaviour(source)?.behaviour ?? "none";
        return html`<li>
          <span><b>${source}</b></span>
          <form class="inline" method="post" action="/control/page/prices/${source}">
            <select name="behaviour" aria-label="${source}">
              ${(["none", ...priceBehaviours] as const).map(
                (one) =>
                  html`<option value="${one}" ${attribute("selected", one === now)}>
                    ${words.behaviour[one]}
                  </option>`,
              )}
            </select>
            <button>${words.set}</button>
          </form>
        </li>`;
      })}
    </ul>
  </section>`;
}

function latest(words: Words, { world }: Simulator): Html {
  const lists = [
    {
      title: words.pushes,
      rows: listPushes(world, 8).map((push) => ({
        at: push.createdAt,
        what: `${nationalNumber(push.msisdn)} · ${push.receipt ?? push.resultCode ?? words.waiting}`,
        figure: plain(push.amount),
      })),
    },
    {
      title: words.payouts,
      rows: listPayouts(world, 8).map((payout) => ({
        at: payout.createdAt,
        what: `${nationalNumber(payout.recipient)} · ${payout.receipt ?? payout.resultCode ?? words.waiting}`,
        figure: plain(payout.amount),
      })),
    },
    {
      title: words.callbacks,
      rows: listDeliveries(world, 8).map((delivery) => ({
        at: delivery.createdAt,
        what: `${delivery.kind} ${delivery.note}`,
        figure: delivery.answerStatus === null ? delivery.state : String(delivery.answerStatus),
      })),
    },
  ];
  return html`${lists.map(
    ({ title, rows }) =>
      html`<section>
        <h2>${title}</h2>
        ${rows.length === 0 && html`<p>${words.none}</p>`}
        <ul class="rows">
          ${rows.map(
            ({ at, what, figure }) =>
              html`<li>
                <time>${wallTime(at)}</time><span>${what}</span><b class="figure">${figure}</b>
              </li>`,
          )}
        </ul>
      </section>`,
  )}`;
}
