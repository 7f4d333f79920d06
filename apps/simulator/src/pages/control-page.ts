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
import { controlStrings } from "./control-strings.ts";
import { attribute, html } from "../web/html.ts";
import type { Html } from "../web/html.ts";

type Strings = ReturnType<typeof controlStrings>;

/** The page with faults, accounts, price feeds and the latest requests. */
export function controlPage(
  simulator: Simulator,
  assets: Assets,
  language: Language,
  problem: string | null,
): string {
  const strings = controlStrings(language);
  const { database } = simulator.world;
  const other = language === "en" ? "sw" : "en";
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${strings.title}</title>
        <link rel="stylesheet" href="${assets.url("control.css")}" />
        <link rel="icon" href="${assets.url("handset.svg")}" />
        <script src="${assets.url("live.js")}" defer></script>
      </head>
      <body data-events="/control/events">
        <header>
          <nav>
            <a href="/handset">${strings.phones}</a>
            <a href="/control?lang=${other}" lang="${other}"
              >${other === "sw" ? "Kiswahili" : "English"}</a
            >
          </nav>
          <h1>${strings.title}</h1>
          <p>${strings.lead}</p>
          ${problem !== null && html`<p role="alert">${strings.invalid} ${problem}</p>`}
        </header>
        <main>
          ${faultsOn(strings, language, listFaults(database))}
          ${switchOn(strings, language, simulator)} ${accounts(strings, simulator)}
          ${feeds(strings, simulator)} ${latest(strings, simulator)}
        </main>
      </body>
    </html>`.text;
}

function faultsOn(strings: Strings, language: Language, faults: readonly Fault[]): Html {
  return html`<section>
    <h2>${strings.faults}</h2>
    ${faults.length === 0 && html`<p>${strings.noFaults}</p>`}
    <ul class="rows">
      ${faults.map(
        (fault) =>
          html`<li>
            <span
              ><b>${faultEntry(fault.kind)[language]}</b
              ><small
                >${fault.api} ·
                ${fault.msisdn ?? strings.everybody}${fault.remaining !== null && ` · ${strings.left(fault.remaining)}`}${fault.parameters.code !== undefined && ` · ${fault.parameters.code}`}</small
              ></span
            >
            <form method="post" action="/control/page/faults/${fault.id}/off">
              <button>${strings.switchOff}</button>
            </form>
          </li>`,
      )}
    </ul>
    ${
      faults.length > 1 &&
      html`<form method="post" action="/control/page/faults/off">
        <button class="wide">${strings.allOff}</button>
      </form>`
    }
  </section>`;
}

function switchOn(strings: Strings, language: Language, { world }: Simulator): Html {
  const categories = ["gateway", "outcome", "delivery"] as const;
  return html`<section>
    <details id="switch-on">
      <summary>${strings.switchOn}</summary>
      <form class="fields" method="post" action="/control/page/faults">
        <label
          >${strings.kind}<select name="kind">
            ${categories.map(
              (category) =>
                html`<optgroup label="${strings.categories[category]}">
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
          >${strings.api}<select name="api">
            ${faultApis.map((api) => html`<option>${api}</option>`)}
          </select></label
        >
        <label
          >${strings.phone}<select name="msisdn">
            <option value="">${strings.everybody}</option>
            ${listCustomers(world.database).map(
              (customer) =>
                html`<option value="${customer.msisdn}">
                  ${nationalNumber(customer.msisdn)} ${fullName(customer)}
                </option>`,
            )}
          </select></label
        >
        <label
          >${strings.times}<input name="times" inputmode="numeric" pattern="[1-9][0-9]{0,3}"
        /></label>
        <label>${strings.code}<input name="code" maxlength="20" /></label>
        <label
          >${strings.seconds}<input name="seconds" inputmode="numeric" pattern="[0-9]{1,4}"
        /></label>
        <button class="wide">${strings.on}</button>
      </form>
    </details>
  </section>`;
}

function accounts(strings: Strings, { world }: Simulator): Html {
  const findings = audit(world.database);
  return html`<section>
    <h2>${strings.organisation}</h2>
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
            >${strings.amount}<input name="amount" inputmode="decimal" value="100000" required
          /></label>
          <button>${strings.deposit}</button>
        </form>`;
    })}
    <h3>${strings.audit}</h3>
    ${
      findings.length === 0
        ? html`<p>${strings.auditFine}</p>`
        : html`<ul>
            ${findings.map((finding) => html`<li>${finding.account}: ${finding.problem}</li>`)}
          </ul>`
    }
  </section>`;
}

function feeds(strings: Strings, { prices }: Simulator): Html {
  return html`<section>
    <h2>${strings.prices}</h2>
    <ul class="rows">
      ${priceSources.map((source) => {
        const current = prices.behaviour(source)?.behaviour ?? "none";
        return html`<li>
          <span><b>${source}</b></span>
          <form class="inline" method="post" action="/control/page/prices/${source}">
            <select name="behaviour" aria-label="${source}">
              ${(["none", ...priceBehaviours] as const).map(
                (behaviour) =>
                  html`<option value="${behaviour}" ${attribute("selected", behaviour === current)}>
                    ${strings.behaviour[behaviour]}
                  </option>`,
              )}
            </select>
            <button>${strings.set}</button>
          </form>
        </li>`;
      })}
    </ul>
  </section>`;
}

function latest(strings: Strings, { world }: Simulator): Html {
  const lists = [
    {
      title: strings.pushes,
      rows: listPushes(world, 8).map((push) => ({
        at: push.createdAt,
        label: `${nationalNumber(push.msisdn)} · ${push.receipt ?? push.resultCode ?? strings.waiting}`,
        figure: plain(push.amount),
      })),
    },
    {
      title: strings.payouts,
      rows: listPayouts(world, 8).map((payout) => ({
        at: payout.createdAt,
        label: `${nationalNumber(payout.recipient)} · ${payout.receipt ?? payout.resultCode ?? strings.waiting}`,
        figure: plain(payout.amount),
      })),
    },
    {
      title: strings.callbacks,
      rows: listDeliveries(world, 8).map((delivery) => ({
        at: delivery.createdAt,
        label: `${delivery.kind} ${delivery.note}`,
        figure: delivery.answerStatus === null ? delivery.state : String(delivery.answerStatus),
      })),
    },
  ];
  return html`${lists.map(
    ({ title, rows }) =>
      html`<section>
        <h2>${title}</h2>
        ${rows.length === 0 && html`<p>${strings.none}</p>`}
        <ul class="rows">
          ${rows.map(
            ({ at, label, figure }) =>
              html`<li>
                <time>${wallTime(at)}</time><span>${label}</span><b class="figure">${figure}</b>
              </li>`,
          )}
        </ul>
      </section>`,
  )}`;
}
