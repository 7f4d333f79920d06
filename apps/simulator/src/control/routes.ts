import { readFileSync } from "node:fs";
import { fiat } from "@satsconnect/money";
import type { Express, Request, Response } from "express";
import { deliveriesOf, listDeliveries } from "../callbacks/deliveries.ts";
import { listPayouts } from "../daraja/payouts.ts";
import { listRequests } from "../daraja/request-log.ts";
import { answerPrompt, findPush, listPushes, openPrompt, promptText } from "../daraja/stk-push.ts";
import {
  disableAllFaults,
  disableFault,
  enableFault,
  listFaults,
} from "../faults/active-faults.ts";
import { faultEntry, faultKinds } from "../faults/catalogue.ts";
import { findCustomer, listCustomers } from "../mpesa/customers.ts";
import type { Customer } from "../mpesa/customers.ts";
import { audit } from "../mpesa/ledger.ts";
import { findPayment } from "../mpesa/payments.ts";
import { reversePayment } from "../mpesa/reversals.ts";
import { addCustomer, deposit, isOrganisationAccount } from "../mpesa/setup.ts";
import { statementCsv } from "../mpesa/statement.ts";
import { transferFunds } from "../mpesa/transfers.ts";
import { findShortcode, listShortcodes } from "../mpesa/shortcodes.ts";
import type { Shortcode } from "../mpesa/shortcodes.ts";
import { priceSources } from "../rates/prices.ts";
import type { Simulator } from "../runtime/simulator.ts";
import { route } from "../web/app.ts";
import { openEventStream } from "../web/event-stream.ts";
import { pathParameter, queryOf, withJsonBody } from "../web/requests.ts";
import { sendExactly, sendJson, sendProblem } from "../web/responses.ts";
import { changeSettings, readSettings, settingsChangeSchema } from "../world/settings.ts";
import type { World } from "../world/world.ts";
import {
  customerBody,
  customerChange,
  depositBody,
  faultBody,
  priceBody,
  promptAnswerBody,
  shortcodeChange,
  transferBody,
} from "./schemas.ts";
import { updateCustomer, updateShortcode } from "./update.ts";
import {
  accountView,
  allAccounts,
  customerView,
  messagesOf,
  priceViews,
  shortcodeView,
  statementOf,
} from "./views.ts";

/** The control API: all functions of the pages as JSON. The simulator's README documents it. */
export function controlRoutes(app: Express, simulator: Simulator): void {
  const { world, prices, certificateFile } = simulator;
  faultRoutes(app, world);
  customerRoutes(app, world);
  promptRoutes(app, world);
  shortcodeRoutes(app, world);
  portalRoutes(app, world);
  accountRoutes(app, world);
  paymentRoutes(app, world);
  logRoutes(app, world);
  settingsRoutes(app, world);

  route(app, "/control/prices", {
    get: (_request, response) => sendJson(response, { prices: priceViews(prices) }),
  });
  route(app, "/control/prices/:source", {
    put: withJsonBody(priceBody, ({ behaviour }, request, response) => {
      const name = pathParameter(request, "source");
      const source = priceSources.find((known) => known === name);
      if (source === undefined) {
        sendNotFound(response, `price feed ${name}`);
        return;
      }
      prices.setBehaviour(source, behaviour);
      sendJson(response, { prices: priceViews(prices) });
    }),
  });
  route(app, "/control/certificate", {
    get: (_request, response) =>
      sendExactly(response, 200, "application/x-pem-file", readFileSync(certificateFile)),
  });
}

function settingsRoutes(app: Express, world: World): void {
  route(app, "/control/settings", {
    get: (_request, response) => sendJson(response, readSettings(world.database)),
    patch: withJsonBody(settingsChangeSchema, (change, _request, response) => {
      const settings = changeSettings(world.database, change);
      world.changes.notify("control", "change");
      sendJson(response, settings);
    }),
  });
}

function faultRoutes(app: Express, world: World): void {
  route(app, "/control/faults", {
    get: (_request, response) => sendJson(response, { faults: listFaults(world.database) }),
    post: withJsonBody(faultBody, ({ times, ...fault }, _request, response) => {
      const enabled = enableFault(world.database, world.clock.now(), {
        ...fault,
        remaining: times,
      });
      if (!enabled.ok) {
        sendProblem(response, 422, enabled.error.code, enabled.error.message);
        return;
      }
      world.changes.notify("control", "change");
      sendJson(response, enabled.value, 201);
    }),
    delete: (_request, response) => {
      const switchedOff = disableAllFaults(world.database);
      world.changes.notify("control", "change");
      sendJson(response, { switchedOff });
    },
  });
  route(app, "/control/faults/kinds", {
    get: (_request, response) =>
      sendJson(response, {
        kinds: faultKinds.map((kind) => {
          const { category, apis, takes, en, sw } = faultEntry(kind);
          return { kind, category, apis, takes, en, sw };
        }),
      }),
  });
  route(app, "/control/faults/:id", {
    delete: (request, response) => {
      if (!disableFault(world.database, Number(pathParameter(request, "id")))) {
        sendNotFound(response, "fault");
        return;
      }
      world.changes.notify("control", "change");
      sendJson(response, { switchedOff: 1 });
    },
  });
}

/** Customer care takes a payment back for its payer (`456`): only the organisation's statement shows it. */
function paymentRoutes(app: Express, world: World): void {
  route(app, "/control/payments/:receipt/reversal", {
    post: (request, response) => {
      const payment = findPayment(world.database, pathParameter(request, "receipt"));
      const shortcode = payment?.creditAccount.split(":")[1];
      if (payment === undefined || shortcode === undefined) {
        sendNotFound(response, "payment");
        return;
      }
      const { receipt: original, amount } = payment;
      const reversed = reversePayment(world, { shortcode, original, amount, conversation: null });
      if (reversed.type === "refused") {
        sendProblem(response, 409, reversed.result, "The payment cannot be reversed.");
        return;
      }
      world.changes.notify("control", "change");
      sendJson(response, { receipt: reversed.payment.receipt }, 201);
    },
  });
}

function customerRoutes(app: Express, world: World): void {
  route(app, "/control/customers", {
    get: (_request, response) =>
      sendJson(response, {
        customers: listCustomers(world.database).map((customer) => customerView(world, customer)),
      }),
    post: withJsonBody(customerBody, (body, _request, response) => {
      const { msisdn, name, balanceCents, language, status } = body;
      if (findCustomer(world.database, msisdn) !== undefined) {
        sendProblem(response, 409, "customer_exists", `${msisdn} already has a SIM card.`);
        return;
      }
      const [firstName = "", ...others] = name.toUpperCase().split(/\s+/);
      const lastName = others.pop() ?? "";
      addCustomer(world, {
        msisdn,
        firstName,
        middleName: others.join(" "),
        lastName,
        balance: fiat("KES", BigInt(balanceCents)),
        language,
        status,
      });
      sendCustomer(response, world, findCustomer(world.database, msisdn), 201);
    }),
  });
  route(app, "/control/customers/:msisdn", {
    get: (request, response) => sendCustomer(response, world, customerOf(world, request)),
    patch: withJsonBody(customerChange, (change, request, response) =>
      sendCustomer(
        response,
        world,
        updateCustomer(world, pathParameter(request, "msisdn"), change),
      ),
    ),
  });
  route(app, "/control/customers/:msisdn/deposits", {
    post: withJsonBody(depositBody, ({ amountCents }, request, response) => {
      const customer = customerOf(world, request);
      if (customer !== undefined) {
        deposit(world, `customer:${customer.msisdn}`, fiat("KES", BigInt(amountCents)));
        world.changes.notify(`handset:${customer.msisdn}`, "change");
      }
      sendCustomer(response, world, customer, 201);
    }),
  });
  route(app, "/control/customers/:msisdn/messages", {
    get: (request, response) => {
      const customer = customerOf(world, request);
      if (customer === undefined) sendNotFound(response, "customer");
      else sendJson(response, { messages: messagesOf(world, customer.msisdn, limitOf(request)) });
    },
  });
  route(app, "/control/customers/:msisdn/events", {
    get: (request, response) => {
      const customer = customerOf(world, request);
      if (customer === undefined) sendNotFound(response, "customer");
      else openEventStream(response, world.changes, `handset:${customer.msisdn}`);
    },
  });
}

function promptRoutes(app: Express, world: World): void {
  route(app, "/control/customers/:msisdn/prompt", {
    get: (request, response) => {
      const push = openPrompt(world, pathParameter(request, "msisdn"));
      sendJson(response, {
        prompt:
          push === undefined
            ? null
            : {
                checkoutRequestId: push.checkoutRequestId,
                amountCents: push.amount,
                shortcode: push.partyB,
                reference: push.reference,
                text: promptText(world, push),
                expiresAt: push.expiresAt,
              },
      });
    },
  });
  route(app, "/control/customers/:msisdn/prompt/:id", {
    post: withJsonBody(promptAnswerBody, (answer, request, response) => {
      const id = pathParameter(request, "id");
      if (!answerPrompt(world, id, pathParameter(request, "msisdn"), answer)) {
        sendProblem(response, 409, "no_prompt", "This prompt is not open on the phone.");
        return;
      }
      const push = findPush(world, id);
      sendJson(response, { resultCode: push?.resultCode ?? null, receipt: push?.receipt ?? null });
    }),
  });
}

function shortcodeRoutes(app: Express, world: World): void {
  route(app, "/control/shortcodes", {
    get: (_request, response) =>
      sendJson(response, {
        shortcodes: listShortcodes(world.database).map((shortcode) =>
          shortcodeView(world, shortcode),
        ),
      }),
  });
  route(app, "/control/shortcodes/:shortcode", {
    get: (request, response) => sendShortcode(response, world, shortcodeOf(world, request)),
    patch: withJsonBody(shortcodeChange, (change, request, response) =>
      sendShortcode(
        response,
        world,
        updateShortcode(world, pathParameter(request, "shortcode"), change),
      ),
    ),
  });
  route(app, "/control/shortcodes/:shortcode/:account/deposits", {
    post: withJsonBody(depositBody, ({ amountCents }, request, response) => {
      const account = pathParameter(request, "account");
      const shortcode = shortcodeOf(world, request);
      if (shortcode === undefined || !isOrganisationAccount(account)) {
        sendNotFound(response, "account");
        return;
      }
      const id = `shortcode:${shortcode.shortcode}:${account}`;
      deposit(world, id, fiat("KES", BigInt(amountCents)));
      world.changes.notify("control", "change");
      sendShortcode(response, world, shortcode, 201);
    }),
  });
}

/** The organisation portal: moving money, and downloading a statement. */
function portalRoutes(app: Express, world: World): void {
  route(app, "/control/shortcodes/:shortcode/:account/transfers", {
    post: withJsonBody(transferBody, ({ to, amountCents }, request, response) => {
      const account = pathParameter(request, "account");
      const shortcode = shortcodeOf(world, request);
      const target = to === "bank" ? null : `shortcode:${to}`;
      if (
        shortcode === undefined ||
        !isOrganisationAccount(account) ||
        (target !== null && accountView(world, target) === undefined)
      ) {
        sendNotFound(response, "account");
        return;
      }
      const from = `shortcode:${shortcode.shortcode}:${account}`;
      const payment = transferFunds(world, from, target, fiat("KES", BigInt(amountCents)));
      world.changes.notify("control", "change");
      if (payment === undefined) {
        sendProblem(response, 409, "insufficient", "The account does not hold this amount.");
        return;
      }
      sendJson(response, { receipt: payment.receipt }, 201);
    }),
  });
  route(app, "/control/shortcodes/:shortcode/:account/statement.csv", {
    get: (request, response) => {
      const account = pathParameter(request, "account");
      const shortcode = shortcodeOf(world, request);
      if (shortcode === undefined || !isOrganisationAccount(account)) {
        sendNotFound(response, "account");
        return;
      }
      const query = queryOf(request);
      const faults = new Set(query.getAll("fault"));
      const csv = statementCsv(
        world.database,
        shortcode.shortcode,
        account,
        {
          from: Number(query.get("from") ?? 0),
          to: Number(query.get("to") ?? world.clock.now() + 1),
        },
        {
          repeated: faults.has("repeated"),
          reordered: faults.has("reordered"),
          masked: !faults.has("unmasked"),
        },
      );
      sendExactly(response, 200, "text/csv;charset=utf-8", Buffer.from(csv, "utf8"));
    },
  });
}

function accountRoutes(app: Express, world: World): void {
  route(app, "/control/accounts", {
    get: (_request, response) =>
      sendJson(response, { accounts: allAccounts(world), findings: audit(world.database) }),
  });
  route(app, "/control/accounts/:account", {
    get: (request, response) => {
      const account = accountView(world, pathParameter(request, "account"));
      if (account === undefined) {
        sendNotFound(response, "account");
        return;
      }
      const entries = statementOf(world, account.id, limitOf(request));
      sendJson(response, { ...account, entries });
    },
  });
}

function logRoutes(app: Express, world: World): void {
  route(app, "/control/requests", {
    get: (request, response) =>
      sendJson(response, { requests: listRequests(world, limitOf(request)) }),
  });
  route(app, "/control/deliveries", {
    get: (request, response) => {
      const subject = queryOf(request).get("subject");
      const deliveries =
        subject === null ? listDeliveries(world, limitOf(request)) : deliveriesOf(world, subject);
      sendJson(response, { deliveries });
    },
  });
  route(app, "/control/stk-pushes", {
    get: (request, response) => sendJson(response, { pushes: listPushes(world, limitOf(request)) }),
  });
  route(app, "/control/payouts", {
    get: (request, response) =>
      sendJson(response, { payouts: listPayouts(world, limitOf(request)) }),
  });
  route(app, "/control/events", {
    get: (_request, response) => openEventStream(response, world.changes, "control"),
  });
}

function customerOf(world: World, request: Request): Customer | undefined {
  return findCustomer(world.database, pathParameter(request, "msisdn"));
}

function shortcodeOf(world: World, request: Request): Shortcode | undefined {
  return findShortcode(world.database, pathParameter(request, "shortcode"));
}

function sendCustomer(
  response: Response,
  world: World,
  customer: Customer | undefined,
  status = 200,
): void {
  if (customer === undefined) sendNotFound(response, "customer");
  else sendJson(response, customerView(world, customer), status);
}

function sendShortcode(
  response: Response,
  world: World,
  shortcode: Shortcode | undefined,
  status = 200,
): void {
  if (shortcode === undefined) sendNotFound(response, "shortcode");
  else sendJson(response, shortcodeView(world, shortcode), status);
}

function limitOf(request: Request): number {
  const limit = Number(queryOf(request).get("limit") ?? 100);
  return Number.isInteger(limit) && limit > 0 && limit <= 1_000 ? limit : 100;
}

function sendNotFound(response: Response, resource: string): void {
  sendProblem(response, 404, "not_found", `The simulator has no such ${resource}.`);
}
