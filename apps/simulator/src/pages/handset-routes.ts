import { kes, parseFiat } from "@satsconnect/money";
import type { Express, Request, Response } from "express";
import { updateCustomer } from "../control/update.ts";
import { messagesOf } from "../control/views.ts";
import { answerPrompt, openPrompt } from "../daraja/stk-push.ts";
import { findCustomer, listCustomers } from "../mpesa/customers.ts";
import type { Customer } from "../mpesa/customers.ts";
import { balanceCents, customerAccount } from "../mpesa/ledger.ts";
import { sendBalance, sendStatement } from "../mpesa/send-money.ts";
import { addCustomer } from "../mpesa/setup.ts";
import { plain } from "../mpesa/sms.ts";
import { integer } from "../store/rows.ts";
import { route } from "../web/app.ts";
import type { Handler } from "../web/app.ts";
import type { Assets } from "../web/assets.ts";
import { openEventStream } from "../web/event-stream.ts";
import { languageHeaders, languageOf } from "../web/page-language.ts";
import { formOf, pathParameter, queryOf } from "../web/requests.ts";
import { seeOther, sendPage } from "../web/responses.ts";
import type { World } from "../world/world.ts";
import { finishFlow, flowScreen, isRightPin, pinQuestion } from "./handset-flows.ts";
import { phoneListPage, phonePage } from "./handset-frame.ts";
import {
  idleScreen,
  inboxScreen,
  languageScreen,
  menuScreen,
  messageScreen,
  offScreen,
  pathOf,
  promptScreen,
  questionScreen,
} from "./handset-screens.ts";
import type { Screen } from "./handset-screens.ts";
import { handsetStrings } from "./handset-strings.ts";

/** The virtual phones. Links and forms suffice to use them; a script adds the keys. */
export function handsetRoutes(app: Express, world: World, assets: Assets): void {
  const { withPhone, screen } = phoneHandlers(world, assets);
  phoneListRoutes(app, world, assets);
  menuRoutes(app, world, assets);
  route(app, "/handset/:msisdn", {
    get: screen((customer, request) =>
      idleScreen(
        customer,
        world.clock.now(),
        unreadOf(world, customer.msisdn),
        noteOf(customer, queryOf(request).get("note")),
      ),
    ),
  });
  route(app, "/handset/:msisdn/events", {
    get: withPhone(({ msisdn }, _request, response) =>
      openEventStream(response, world.changes, `handset:${msisdn}`),
    ),
  });
  route(app, "/handset/:msisdn/power", {
    post: withPhone((customer, request, response) => {
      updateCustomer(world, customer.msisdn, { reachable: formOf(request).get("on") === "yes" });
      seeOther(response, pathOf(customer));
    }),
  });
  route(app, "/handset/:msisdn/prompt/:id", {
    post: withPhone((customer, request, response) => {
      const form = formOf(request);
      const cancelled = form.get("cancel") === "yes";
      const pin = form.get("pin") ?? "";
      if (!cancelled && !/^\d{1,12}$/.test(pin)) {
        seeOther(response, pathOf(customer));
        return;
      }
      const id = pathParameter(request, "id");
      const answer = cancelled ? ({ type: "cancel" } as const) : ({ type: "pin", pin } as const);
      const answered = answerPrompt(world, id, customer.msisdn, answer);
      const note = answered ? (cancelled ? "cancelled" : "sent") : "gone";
      seeOther(response, `${pathOf(customer)}?note=${note}`);
    }),
  });
  route(app, "/handset/:msisdn/messages", {
    get: screen((customer) => inboxScreen(customer, messagesOf(world, customer.msisdn, 50))),
  });
  route(app, "/handset/:msisdn/messages/:id", {
    get: screen((customer, request) => {
      const messageId = Number(pathParameter(request, "id"));
      const message = messagesOf(world, customer.msisdn, 1_000).find(({ id }) => id === messageId);
      if (message === undefined) {
        return inboxScreen(customer, messagesOf(world, customer.msisdn, 50));
      }
      world.database.run("UPDATE message SET read = 1 WHERE id = ?", message.id);
      return messageScreen(customer, message);
    }),
  });
}

/** The SIM toolkit's menu and its flows. */
function menuRoutes(app: Express, world: World, assets: Assets): void {
  const { withPhone, screen } = phoneHandlers(world, assets);
  route(app, "/handset/:msisdn/menu", {
    get: screen((customer) => menuScreen(customer, "main")),
  });
  route(app, "/handset/:msisdn/menu/account", {
    get: screen((customer) => menuScreen(customer, "account")),
  });
  route(app, "/handset/:msisdn/menu/language", {
    get: screen(languageScreen),
    post: withPhone((customer, request, response) => {
      const language = formOf(request).get("language") === "sw" ? "sw" : "en";
      updateCustomer(world, customer.msisdn, { language });
      seeOther(response, pathOf(customer));
    }),
  });
  for (const flow of ["send", "paybill"] as const) {
    route(app, `/handset/:msisdn/menu/${flow}`, {
      get: screen((customer, request) => flowScreen(world, customer, flow, queryOf(request))),
      post: withPhone((customer, request, response) =>
        finishFlow(world, customer, flow, formOf(request), response),
      ),
    });
  }
  for (const inquiry of ["balance", "statement"] as const) {
    route(app, `/handset/:msisdn/menu/${inquiry}`, {
      get: screen((customer) =>
        questionScreen(customer, {
          ...pinQuestion(customer, handsetStrings(customer.language)[inquiry]),
          action: `${pathOf(customer)}/menu/${inquiry}`,
          carried: {},
        }),
      ),
      post: withPhone((customer, request, response) => {
        if (isRightPin(world, customer, formOf(request).get("pin") ?? "")) {
          (inquiry === "balance" ? sendBalance : sendStatement)(world, customer);
        }
        seeOther(response, `${pathOf(customer)}?note=sent`);
      }),
    });
  }
}

function phoneHandlers(world: World, assets: Assets) {
  /** Finds the customer of the number in the path. Redirects to the list of phones if the number is unknown. */
  const withPhone =
    (handle: (customer: Customer, request: Request, response: Response) => void): Handler =>
    (request, response) => {
      const customer = findCustomer(world.database, pathParameter(request, "msisdn"));
      if (customer === undefined) seeOther(response, "/handset");
      else handle(customer, request, response);
    };
  /** Shows a screen. A phone that is off shows nothing, and an open prompt covers every other screen. */
  const screen = (render: (customer: Customer, request: Request) => Screen): Handler =>
    withPhone((customer, request, response) => {
      const push = customer.reachable ? openPrompt(world, customer.msisdn) : undefined;
      const shown = !customer.reachable
        ? offScreen(customer)
        : push === undefined
          ? render(customer, request)
          : promptScreen(world, customer, push);
      sendPage(response, phonePage(assets, customer, shown, world.clock.now()));
    });
  return { withPhone, screen };
}

function phoneListRoutes(app: Express, world: World, assets: Assets): void {
  const show = (
    request: Request,
    response: Response,
    problem: "exists" | "invalid" | null,
  ): void => {
    const phones = listCustomers(world.database).map((customer) => ({
      customer,
      balance: plain(balanceCents(world.database, customerAccount(customer.msisdn))),
      unread: unreadOf(world, customer.msisdn),
      prompted: openPrompt(world, customer.msisdn) !== undefined,
    }));
    sendPage(
      response,
      phoneListPage(assets, languageOf(request), phones, problem),
      problem === null ? 200 : 422,
      languageHeaders(request),
    );
  };
  route(app, "/handset", {
    get: (request, response) => show(request, response, null),
    post: (request, response) => {
      const form = formOf(request);
      const digits = (form.get("number") ?? "").replaceAll(/[\s-]/g, "");
      const msisdn = /^(?:0|\+?254)([17]\d{8})$/.exec(digits)?.[1];
      const name = (form.get("name") ?? "").trim().toUpperCase();
      const money = parseFiat("KES", (form.get("money") ?? "").trim());
      if (
        msisdn === undefined ||
        !/^[\p{L}][\p{L}' -]{0,59}$/u.test(name) ||
        !money.ok ||
        money.value > 500_000n
      ) {
        show(request, response, "invalid");
        return;
      }
      const number = `254${msisdn}`;
      if (findCustomer(world.database, number) !== undefined) {
        show(request, response, "exists");
        return;
      }
      const [firstName = "", ...others] = name.split(/\s+/);
      const lastName = others.pop() ?? "";
      addCustomer(world, {
        msisdn: number,
        firstName,
        middleName: others.join(" "),
        lastName,
        balance: kes(money.value),
        language: languageOf(request),
      });
      seeOther(response, `/handset/${number}`);
    },
  });
}

function noteOf(customer: Customer, note: string | null): string | null {
  const strings = handsetStrings(customer.language);
  if (note === "sent") return strings.sent;
  if (note === "cancelled") return strings.cancelled;
  return note === "gone" ? strings.gone : null;
}

function unreadOf(world: World, msisdn: string): number {
  const row = world.database.get(
    "SELECT COUNT(*) AS count FROM message WHERE msisdn = ? AND read = 0",
    msisdn,
  );
  return row === undefined ? 0 : integer(row, "count");
}
