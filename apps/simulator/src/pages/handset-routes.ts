import { kes, parseFiat } from "@satsconnect/money";
import { changeCustomer } from "../control/update.ts";
import { messagesOf } from "../control/views.ts";
import { answerPrompt, openPrompt } from "../daraja/stk-push.ts";
import { eventStream } from "../web/event-stream.ts";
import { page, seeOther } from "../web/responses.ts";
import type { HttpRequest, Reply } from "../web/responses.ts";
import type { Router } from "../web/router.ts";
import { findCustomer, listCustomers } from "../mpesa/customers.ts";
import type { Customer } from "../mpesa/customers.ts";
import { balanceCents, customerAccount } from "../mpesa/ledger.ts";
import { plain } from "../mpesa/sms.ts";
import { addCustomer } from "../mpesa/setup.ts";
import { sendBalance, sendStatement } from "../mpesa/send-money.ts";
import { integer } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import type { Assets } from "../web/assets.ts";
import { finishFlow, flowScreen, isRightPin, pinQuestion } from "./handset-flows.ts";
import { phonePage, shelfPage } from "./handset-frame.ts";
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
import { handsetWords } from "./handset-words.ts";
import { languageHeaders, languageOf } from "../web/page-language.ts";

/** The virtual phones: what a customer sees and presses. Works without scripts; with them it is a phone with keys. */
export function handsetRoutes(router: Router, world: World, assets: Assets): void {
  const show = (customer: Customer, screen: Screen): Reply =>
    page(phonePage(assets, customer, screen, world.clock.now()));
  /** Runs with the phone in the path. A phone that is off shows nothing, and a prompt covers everything. */
  const withPhone =
    (use: (customer: Customer, request: HttpRequest) => Reply) =>
    (request: HttpRequest): Reply => {
      const customer = findCustomer(world.database, request.params["msisdn"] ?? "");
      return customer === undefined ? seeOther("/handset") : use(customer, request);
    };
  const showing = (use: (customer: Customer, request: HttpRequest) => Screen) =>
    withPhone((customer, request) => {
      if (!customer.reachable) return show(customer, offScreen(customer));
      const push = openPrompt(world, customer.msisdn);
      return show(
        customer,
        push === undefined ? use(customer, request) : promptScreen(world, customer, push),
      );
    });

  shelfRoutes(router, world, assets);
  router.get(
    "/handset/:msisdn",
    showing((customer, { query }) =>
      idleScreen(
        customer,
        world.clock.now(),
        unreadOf(world, customer.msisdn),
        noteOf(customer, query.get("note")),
      ),
    ),
  );
  router.get(
    "/handset/:msisdn/events",
    withPhone(({ msisdn }) => eventStream(world.changes, `handset:${msisdn}`)),
  );
  router.post(
    "/handset/:msisdn/power",
    withPhone((customer, request) => {
      changeCustomer(world, customer.msisdn, { reachable: formOf(request).get("on") === "yes" });
      return seeOther(pathOf(customer));
    }),
  );
  router.post(
    "/handset/:msisdn/prompt/:id",
    withPhone((customer, request) => {
      const form = formOf(request);
      const cancelled = form.get("cancel") === "yes";
      const pin = form.get("pin") ?? "";
      if (!cancelled && !/^\d{1,12}$/.test(pin)) return seeOther(pathOf(customer));
      const id = request.params["id"] ?? "";
      const answer = cancelled ? ({ type: "cancel" } as const) : ({ type: "pin", pin } as const);
      const answered = answerPrompt(world, id, customer.msisdn, answer);
      const note = answered ? (cancelled ? "cancelled" : "sent") : "gone";
      return seeOther(`${pathOf(customer)}?note=${note}`);
    }),
  );
  router.get(
    "/handset/:msisdn/messages",
    showing((customer) => inboxScreen(customer, messagesOf(world, customer.msisdn, 50))),
  );
  router.get(
    "/handset/:msisdn/messages/:id",
    showing((customer, { params }) => {
      const message = messagesOf(world, customer.msisdn, 1_000).find(
        ({ id }) => id === Number(params["id"]),
      );
      if (message === undefined) {
        return inboxScreen(customer, messagesOf(world, customer.msisdn, 50));
      }
      world.database.run("UPDATE message SET read = 1 WHERE id = ?", message.id);
      return messageScreen(customer, message);
    }),
  );
  router.get(
    "/handset/:msisdn/menu",
    showing((customer) => menuScreen(customer, "main")),
  );
  router.get(
    "/handset/:msisdn/menu/account",
    showing((customer) => menuScreen(customer, "account")),
  );
  router.get("/handset/:msisdn/menu/language", showing(languageScreen));
  router.post(
    "/handset/:msisdn/menu/language",
    withPhone((customer, request) => {
      const language = formOf(request).get("language") === "sw" ? "sw" : "en";
      changeCustomer(world, customer.msisdn, { language });
      return seeOther(pathOf(customer));
    }),
  );
  for (const flow of ["send", "paybill"] as const) {
    router.get(
      `/handset/:msisdn/menu/${flow}`,
      showing((customer, { query }) => flowScreen(world, customer, flow, query)),
    );
    router.post(
      `/handset/:msisdn/menu/${flow}`,
      withPhone((customer, request) => finishFlow(world, customer, flow, formOf(request))),
    );
  }
  for (const inquiry of ["balance", "statement"] as const) {
    const path = `/handset/:msisdn/menu/${inquiry}`;
    router.get(
      path,
      showing((customer) =>
        questionScreen(customer, {
          ...pinQuestion(customer, handsetWords(customer.language)[inquiry]),
          action: `${pathOf(customer)}/menu/${inquiry}`,
          carried: {},
        }),
      ),
    );
    router.post(
      path,
      withPhone((customer, request) => {
        if (isRightPin(world, customer, formOf(request).get("pin") ?? "")) {
          (inquiry === "balance" ? sendBalance : sendStatement)(world, customer);
        }
        return seeOther(`${pathOf(customer)}?note=sent`);
      }),
    );
  }
}

function shelfRoutes(router: Router, world: World, assets: Assets): void {
  const shelf = (request: HttpRequest, wrong: "exists" | "wrong" | null) =>
    page(
      shelfPage(
        assets,
        languageOf(request),
        listCustomers(world.database).map((customer) => ({
          customer,
          balance: plain(balanceCents(world.database, customerAccount(customer.msisdn))),
          unread: unreadOf(world, customer.msisdn),
          prompted: openPrompt(world, customer.msisdn) !== undefined,
        })),
        wrong,
      ),
      wrong === null ? 200 : 422,
      languageHeaders(request),
    );
  router.get("/handset", (request) => shelf(request, null));
  router.post("/handset", (request) => {
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
      return shelf(request, "wrong");
    }
    const number = `254${msisdn}`;
    if (findCustomer(world.database, number) !== undefined) return shelf(request, "exists");
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
    return seeOther(`/handset/${number}`);
  });
}

function noteOf(customer: Customer, note: string | null): string | null {
  const words = handsetWords(customer.language);
  if (note === "sent") return words.sent;
  if (note === "cancelled") return words.cancelled;
  return note === "gone" ? words.gone : null;
}

function unreadOf(world: World, msisdn: string): number {
  const row = world.database.get(
    "SELECT COUNT(*) AS count FROM message WHERE msisdn = ? AND read = 0",
    msisdn,
  );
  return row === undefined ? 0 : integer(row, "count");
}

function formOf({ body }: HttpRequest): URLSearchParams {
  return new URLSearchParams(body);
}
