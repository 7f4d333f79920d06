import { plain } from "../mpesa/sms.ts";
import type { Customer } from "../mpesa/customers.ts";
import type { Language } from "../shared/language.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import type { MessageView } from "../control/views.ts";
import { promptText } from "../daraja/stk-push.ts";
import type { StkPush } from "../daraja/stk-push.ts";
import { nairobiParts, shortDate, wallTime } from "../mpesa/nairobi.ts";
import type { World } from "../world/world.ts";
import { handsetStrings } from "./handset-strings.ts";
import { html } from "../web/html.ts";
import type { Html } from "../web/html.ts";

/** The content of the phone's screen: a body and the labels of the two soft keys. */
export type Screen = {
  /** When the screen redraws by itself: `live` on any change, `inbox` on a new message. */
  readonly redraws: "live" | "inbox" | "never";
  readonly heading: string | null;
  /** Shown in the status bar in place of the network's name. */
  readonly middle: Html | null;
  readonly body: Html;
  readonly left: Html | null;
  readonly right: Html | null;
};

const weekdays: Readonly<Record<Language, readonly string[]>> = {
  en: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
  sw: ["Jumapili", "Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi"],
};

export function idleScreen(
  customer: Customer,
  now: number,
  unread: number,
  note: string | null,
): Screen {
  const strings = handsetStrings(customer.language);
  const base = pathOf(customer);
  const { year, month, day } = nairobiParts(now);
  const weekday = weekdays[customer.language][new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return {
    redraws: "live",
    heading: null,
    middle: null,
    body: html`<div class="idle">
      <p class="clock">${wallTime(now)}</p>
      <p class="date">${weekday} ${shortDate(now)}</p>
      ${note !== null && html`<p class="note" role="status">${note}</p>`}
      ${unread > 0 && html`<p class="unread"><a href="${base}/messages">${envelope} ${strings.unread(unread)}</a></p>`}
      ${customer.status !== "registered" && html`<p class="note">${strings.unregisteredText}</p>`}
    </div>`,
    left: softLink(`${base}/menu`, strings.menu, "left"),
    right: softLink(`${base}/messages`, strings.messages),
  };
}

export function offScreen(customer: Customer): Screen {
  return {
    redraws: "live",
    heading: null,
    middle: null,
    body: html`<p class="off">${handsetStrings(customer.language).offText}</p>`,
    left: null,
    right: null,
  };
}

/** The prompt of an STK push, which covers every other screen. */
export function promptScreen(world: World, customer: Customer, push: StkPush): Screen {
  const strings = handsetStrings(customer.language);
  const id = encodeURIComponent(push.checkoutRequestId);
  return {
    redraws: "live",
    heading: null,
    middle: html`<span class="left" data-ends-at="${push.expiresAt}" role="timer" hidden
      ><b></b> ${strings.secondsLeft}</span
    >`,
    body: html`<form
        id="entry"
        method="post"
        action="${pathOf(customer)}/prompt/${id}"
        autocomplete="off"
      >
        <label>${promptText(world, push)} ${pinInput("pin")}</label>
      </form>
      <form id="cancel" method="post" action="${pathOf(customer)}/prompt/${id}">
        <input type="hidden" name="cancel" value="yes" />
      </form>`,
    left: html`<button form="entry" class="soft" data-soft="left">${strings.send}</button>`,
    right: html`<button form="cancel" class="soft" data-soft="right">${strings.cancel}</button>`,
  };
}

export function inboxScreen(customer: Customer, messages: readonly MessageView[]): Screen {
  const strings = handsetStrings(customer.language);
  const base = pathOf(customer);
  return {
    redraws: "inbox",
    heading: strings.messages,
    middle: null,
    body:
      messages.length === 0
        ? html`<p>${strings.noMessages}</p>`
        : html`<ul class="list">
            ${messages.map(
              ({ id, body, at, read }) =>
                html`<li>
                  <a href="${base}/messages/${id}" class="${read ? "" : "new"}"
                    >${read ? "" : envelope}<b>MPESA</b> <time>${wallTime(at)}</time
                    ><span>${body.slice(0, 40)}</span></a
                  >
                </li>`,
            )}
          </ul>`,
    left: messages.length === 0 ? null : softLabel(strings.open),
    right: softLink(base, strings.back),
  };
}

export function messageScreen(customer: Customer, message: MessageView): Screen {
  const base = pathOf(customer);
  return {
    redraws: "never",
    heading: `MPESA ${shortDate(message.at)} ${wallTime(message.at)}`,
    middle: null,
    body: html`<p class="sms" tabindex="0">${message.body}</p>`,
    left: null,
    right: softLink(`${base}/messages`, handsetStrings(customer.language).back),
  };
}

/** A numbered menu of the SIM toolkit; a number key selects a line. */
export function menuScreen(customer: Customer, submenu: "main" | "account"): Screen {
  const strings = handsetStrings(customer.language);
  const base = pathOf(customer);
  const lines =
    submenu === "main"
      ? [
          { path: "menu/send", label: strings.sendMoney },
          { path: "menu/paybill", label: strings.payBill },
          { path: "menu/account", label: strings.account },
        ]
      : [
          { path: "menu/balance", label: strings.balance },
          { path: "menu/statement", label: strings.statement },
          { path: "menu/language", label: strings.language },
        ];
  return {
    redraws: "never",
    heading: submenu === "main" ? strings.mpesa : strings.account,
    middle: null,
    body: html`<ol class="list">
      ${lines.map(({ path, label }) => html`<li><a href="${base}/${path}">${label}</a></li>`)}
    </ol>`,
    left: softLabel(strings.select),
    right: softLink(submenu === "main" ? base : `${base}/menu`, strings.back),
  };
}

export function languageScreen(customer: Customer): Screen {
  const base = pathOf(customer);
  return {
    redraws: "never",
    heading: "Language / Lugha",
    middle: null,
    body: html`<form method="post" action="${base}/menu/language">
      <ol class="list">
        <li><button name="language" value="en">English</button></li>
        <li><button name="language" value="sw">Kiswahili</button></li>
      </ol>
    </form>`,
    left: softLabel(handsetStrings(customer.language).select),
    right: softLink(`${base}/menu/account`, handsetStrings(customer.language).back),
  };
}

export type Question = {
  readonly heading: string;
  readonly label: string;
  readonly name: string;
  readonly kind: "number" | "text" | "pin";
  /** Answers to earlier questions, as hidden fields. */
  readonly carried: Readonly<Record<string, string>>;
  readonly action: string;
  readonly method: "get" | "post";
  readonly invalid: boolean;
};

/** One question of a SIM toolkit flow. */
export function questionScreen(customer: Customer, question: Question): Screen {
  const strings = handsetStrings(customer.language);
  const input =
    question.kind === "pin"
      ? pinInput(question.name)
      : html`<input
          name="${question.name}"
          inputmode="${question.kind === "number" ? "numeric" : "text"}"
          maxlength="${question.kind === "number" ? "12" : "20"}"
          required
          autocomplete="off"
          autofocus
        />`;
  return {
    redraws: "never",
    heading: question.heading,
    middle: null,
    body: html`<form
      id="entry"
      method="${question.method}"
      action="${question.action}"
      autocomplete="off"
    >
      ${Object.entries(question.carried).map(
        ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
      )}
      ${question.invalid && html`<p class="note" role="alert">${strings.invalidInput}</p>`}
      <label>${question.label} ${input}</label>
    </form>`,
    left: html`<button form="entry" class="soft" data-soft="left">
      ${question.kind === "pin" ? strings.send : strings.ok}
    </button>`,
    right: softLink(pathOf(customer), strings.cancel),
  };
}

/** The business's name and number, as M-Pesa (Hakikisha) shows them before the PIN; only the number if it is unknown. */
export function businessName(world: World, shortcode: string): string {
  const name = findShortcode(world.database, shortcode)?.name;
  return name === undefined ? shortcode : `${name} ${shortcode}`;
}

/** Formats typed shillings: `1500` becomes `1,500`. */
export function typedAmount(text: string): string {
  return plain(BigInt(text) * 100n).replace(/\.00$/, "");
}

export function pathOf({ msisdn }: Customer): string {
  return `/handset/${msisdn}`;
}

function softLink(href: string, label: string, side: "left" | "right" = "right"): Html {
  return html`<a class="soft" href="${href}" data-soft="${side}">${label}</a>`;
}

/** Labels the left key, which opens the selected line. */
function softLabel(label: string): Html {
  return html`<span class="soft label" aria-hidden="true">${label}</span>`;
}

function pinInput(name: string): Html {
  return html`<input
    type="password"
    name="${name}"
    class="pin"
    inputmode="numeric"
    pattern="[0-9]*"
    maxlength="4"
    required
    autocomplete="off"
    autofocus
  />`;
}

const envelope = html`<svg class="envelope" viewBox="0 0 24 18" aria-hidden="true">
  <path d="M1 1h22v16H1zM1 2l11 9L23 2" fill="none" stroke="currentColor" stroke-width="2" />
</svg>`;
