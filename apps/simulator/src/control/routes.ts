import { readFileSync } from "node:fs";
import { fiat } from "@satsconnect/money";
import type { z } from "zod";
import { answerPrompt, findPush, listPushes, openPrompt, promptText } from "../daraja/stk-push.ts";
import { listPayouts } from "../daraja/payouts.ts";
import { deliveriesOf, listDeliveries } from "../callbacks/deliveries.ts";
import { faultEntry, faultKinds } from "../faults/catalogue.ts";
import {
  listFaults,
  switchAllFaultsOff,
  switchFaultOff,
  switchFaultOn,
} from "../faults/active-faults.ts";
import { eventStream } from "../web/event-stream.ts";
import { json, problem } from "../web/responses.ts";
import type { HttpRequest, Reply } from "../web/responses.ts";
import type { Router } from "../web/router.ts";
import { findCustomer, listCustomers } from "../mpesa/customers.ts";
import { audit } from "../mpesa/ledger.ts";
import { addCustomer, fund, isOrganisationAccount } from "../mpesa/setup.ts";
import { listShortcodes, findShortcode } from "../mpesa/shortcodes.ts";
import { priceSources } from "../rates/prices.ts";
import { listRequests } from "../daraja/request-log.ts";
import { changeSettings, readSettings, settingsChangeSchema } from "../world/settings.ts";
import type { Simulator } from "../runtime/simulator.ts";
import { changeCustomer, changeShortcode } from "./update.ts";
import {
  customerBody,
  customerChange,
  depositBody,
  faultBody,
  priceBody,
  promptAnswerBody,
  shortcodeChange,
} from "./schemas.ts";
import {
  accountView,
  allAccounts,
  customerView,
  messagesOf,
  priceViews,
  shortcodeView,
  statementOf,
} from "./views.ts";

/** The control API: everything that the pages can do, for programs. Described in the simulator's README. */
export function controlRoutes(router: Router, simulator: Simulator): void {
  faultRoutes(router, simulator);
  customerRoutes(router, simulator);
  promptRoutes(router, simulator);
  organisationRoutes(router, simulator);
  logRoutes(router, simulator);
  const { world, prices } = simulator;

  router.get("/control/settings", () => json(readSettings(world.database)));
  router.patch("/control/settings", (request) =>
    withBody(request, settingsChangeSchema, (change) => {
      const settings = changeSettings(world.database, change);
      world.changes.tell("control", "change");
      return json(settings);
    }),
  );
  router.get("/control/prices", () => json({ prices: priceViews(prices) }));
  router.put("/control/prices/:source", (request) =>
    withBody(request, priceBody, ({ behaviour }) => {
      const source = priceSources.find((one) => one === request.params["source"]);
      if (source === undefined) return notFound(`the price feed ${request.params["source"]}`);
      prices.switchTo(source, behaviour);
      return json({ prices: priceViews(prices) });
    }),
  );
  router.get("/control/certificate", () => ({
    type: "content",
    status: 200,
    headers: { "content-type": "application/x-pem-file" },
    body: readFileSync(simulator.certificateFile),
  }));
}

function faultRoutes(router: Router, { world }: Simulator): void {
  router.get("/control/faults", () => json({ faults: listFaults(world.database) }));
  router.get("/control/faults/kinds", () =>
    json({
      kinds: faultKinds.map((kind) => {
        const { category, apis, takes, en, sw } = faultEntry(kind);
        return { kind, category, apis, takes, en, sw };
      }),
    }),
  );
  router.post("/control/faults", (request) =>
    withBody(request, faultBody, ({ times, ...fault }) => {
      const on = switchFaultOn(world.database, world.clock.now(), { ...fault, remaining: times });
      if (!on.ok) return problem(422, on.error.code, on.error.message);
      world.changes.tell("control", "change");
      return json(on.value, 201);
    }),
  );
  router.delete("/control/faults", () => {
    const switchedOff = switchAllFaultsOff(world.database);
    world.changes.tell("control", "change");
    return json({ switchedOff });
  });
  router.delete("/control/faults/:id", ({ params }) => {
    if (!switchFaultOff(world.database, Number(params["id"]))) return notFound("the fault");
    world.changes.tell("control", "change");
    return json({ switchedOff: 1 });
  });
}

function customerRoutes(router: Router, { world }: Simulator): void {
  router.get("/control/customers", () =>
    json({ customers: listCustomers(world.database).map((one) => customerView(world, one)) }),
  );
  router.post("/control/customers", (request) =>
    withBody(request, customerBody, ({ msisdn, name, balanceCents, language, status }) => {
      if (findCustomer(world.database, msisdn) !== undefined) {
        return problem(409, "customer_exists", `${msisdn} has a SIM card already.`);
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
      const added = findCustomer(world.database, msisdn);
      return added === undefined ? notFound(msisdn) : json(customerView(world, added), 201);
    }),
  );
  router.get("/control/customers/:msisdn", ({ params }) => {
    const customer = findCustomer(world.database, params["msisdn"] ?? "");
    return customer === undefined ? notFound("the customer") : json(customerView(world, customer));
  });
  router.patch("/control/customers/:msisdn", (request) =>
    withBody(request, customerChange, (change) => {
      const changed = changeCustomer(world, request.params["msisdn"] ?? "", change);
      return changed === undefined ? notFound("the customer") : json(customerView(world, changed));
    }),
  );
  router.post("/control/customers/:msisdn/deposits", (request) =>
    withBody(request, depositBody, ({ amountCents }) => {
      const customer = findCustomer(world.database, request.params["msisdn"] ?? "");
      if (customer === undefined) return notFound("the customer");
      fund(world, `customer:${customer.msisdn}`, fiat("KES", BigInt(amountCents)));
      world.changes.tell(`handset:${customer.msisdn}`, "change");
      return json(customerView(world, customer), 201);
    }),
  );
  router.get("/control/customers/:msisdn/messages", ({ params, query }) => {
    const customer = findCustomer(world.database, params["msisdn"] ?? "");
    if (customer === undefined) return notFound("the customer");
    return json({ messages: messagesOf(world, customer.msisdn, limitOf(query)) });
  });
  router.get("/control/customers/:msisdn/events", ({ params }) => {
    const customer = findCustomer(world.database, params["msisdn"] ?? "");
    return customer === undefined
      ? notFound("the customer")
      : eventStream(world.changes, `handset:${customer.msisdn}`);
  });
}

function promptRoutes(router: Router, { world }: Simulator): void {
  router.get("/control/customers/:msisdn/prompt", ({ params }) => {
    const push = openPrompt(world, params["msisdn"] ?? "");
    return json({
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
  });
  router.post("/control/customers/:msisdn/prompt/:id", (request) =>
    withBody(request, promptAnswerBody, (answer) => {
      const { msisdn = "", id = "" } = request.params;
      if (!answerPrompt(world, id, msisdn, answer)) {
        return problem(409, "no_prompt", "This prompt is not on the phone, or not any more.");
      }
      const push = findPush(world, id);
      return json({ resultCode: push?.resultCode ?? null, receipt: push?.receipt ?? null });
    }),
  );
}

function organisationRoutes(router: Router, { world }: Simulator): void {
  router.get("/control/shortcodes", () =>
    json({ shortcodes: listShortcodes(world.database).map((one) => shortcodeView(world, one)) }),
  );
  router.get("/control/shortcodes/:shortcode", ({ params }) => {
    const shortcode = findShortcode(world.database, params["shortcode"] ?? "");
    return shortcode === undefined
      ? notFound("the shortcode")
      : json(shortcodeView(world, shortcode));
  });
  router.patch("/control/shortcodes/:shortcode", (request) =>
    withBody(request, shortcodeChange, (change) => {
      const changed = changeShortcode(world, request.params["shortcode"] ?? "", change);
      return changed === undefined
        ? notFound("the shortcode")
        : json(shortcodeView(world, changed));
    }),
  );
  router.post("/control/shortcodes/:shortcode/:account/deposits", (request) =>
    withBody(request, depositBody, ({ amountCents }) => {
      const { account = "" } = request.params;
      const shortcode = findShortcode(world.database, request.params["shortcode"] ?? "");
      if (shortcode === undefined || !isOrganisationAccount(account))
        return notFound("the account");
      const id = `shortcode:${shortcode.shortcode}:${account}`;
      fund(world, id, fiat("KES", BigInt(amountCents)));
      world.changes.tell("control", "change");
      return json(shortcodeView(world, shortcode), 201);
    }),
  );
  router.get("/control/accounts", () =>
    json({ accounts: allAccounts(world), findings: audit(world.database) }),
  );
  router.get("/control/accounts/:account", ({ params, query }) => {
    const account = accountView(world, params["account"] ?? "");
    return account === undefined
      ? notFound("the account")
      : json({ ...account, entries: statementOf(world, account.id, limitOf(query)) });
  });
}

function logRoutes(router: Router, { world }: Simulator): void {
  router.get("/control/requests", ({ query }) =>
    json({ requests: listRequests(world, limitOf(query)) }),
  );
  router.get("/control/deliveries", ({ query }) => {
    const subject = query.get("subject");
    return json({
      deliveries:
        subject === null ? listDeliveries(world, limitOf(query)) : deliveriesOf(world, subject),
    });
  });
  router.get("/control/stk-pushes", ({ query }) =>
    json({ pushes: listPushes(world, limitOf(query)) }),
  );
  router.get("/control/payouts", ({ query }) =>
    json({ payouts: listPayouts(world, limitOf(query)) }),
  );
  router.get("/control/events", () => eventStream(world.changes, "control"));
}

/** Checks a JSON body. Browsers cannot send `application/json` from another site without asking first. */
export function withBody<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
  use: (body: z.output<Schema>) => Reply,
): Reply {
  const type = request.headers["content-type"];
  if (typeof type !== "string" || !/^application\/json\b/i.test(type)) {
    return problem(415, "unsupported_media_type", "Send the body as application/json.");
  }
  let value: unknown;
  try {
    value = JSON.parse(request.body);
  } catch {
    return problem(400, "malformed_json", "The body is not JSON.");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return use(parsed.data);
  const complaints = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "body"}: ${message}`,
  );
  return problem(422, "invalid_body", complaints.join("; "));
}

function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get("limit") ?? 100);
  return Number.isInteger(limit) && limit > 0 && limit <= 1_000 ? limit : 100;
}

function notFound(what: string): Reply {
  return problem(404, "not_found", `The simulator does not know ${what}.`);
}
