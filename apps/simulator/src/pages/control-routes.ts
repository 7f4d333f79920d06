import { parseFiat } from "@satsconnect/money";
import type { Express, Request, Response } from "express";
import { faultBody, priceBody } from "../control/schemas.ts";
import { disableAllFaults, disableFault, enableFault } from "../faults/active-faults.ts";
import { deposit, isOrganisationAccount } from "../mpesa/setup.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { priceSources } from "../rates/prices.ts";
import type { Simulator } from "../runtime/simulator.ts";
import { route } from "../web/app.ts";
import type { Assets } from "../web/assets.ts";
import { languageHeaders, languageOf } from "../web/page-language.ts";
import { formOf, pathParameter } from "../web/requests.ts";
import { seeOther, sendPage } from "../web/responses.ts";
import { controlPage } from "./control-page.ts";

/** The control page: the control API as forms, usable without scripts. */
export function controlPageRoutes(app: Express, simulator: Simulator, assets: Assets): void {
  const { world, prices } = simulator;
  const show = (request: Request, response: Response, problem: string | null): void =>
    sendPage(
      response,
      controlPage(simulator, assets, languageOf(request), problem),
      problem === null ? 200 : 422,
      languageHeaders(request),
    );
  const done = (response: Response): void => {
    world.changes.notify("control", "change");
    seeOther(response, "/control");
  };

  route(app, "/control", { get: (request, response) => show(request, response, null) });
  route(app, "/control/page/faults", {
    post: (request, response) => {
      const parsed = faultBody.safeParse(faultOf(formOf(request)));
      if (!parsed.success) {
        const problems = parsed.error.issues.map(
          ({ path, message }) => `${path.join(".")} ${message}`,
        );
        show(request, response, problems.join("; "));
        return;
      }
      const { times, ...fault } = parsed.data;
      const enabled = enableFault(world.database, world.clock.now(), {
        ...fault,
        remaining: times,
      });
      if (enabled.ok) done(response);
      else show(request, response, enabled.error.message);
    },
  });
  route(app, "/control/page/faults/off", {
    post: (_request, response) => {
      disableAllFaults(world.database);
      done(response);
    },
  });
  route(app, "/control/page/faults/:id/off", {
    post: (request, response) => {
      disableFault(world.database, Number(pathParameter(request, "id")));
      done(response);
    },
  });
  route(app, "/control/page/prices/:source", {
    post: (request, response) => {
      const name = pathParameter(request, "source");
      const source = priceSources.find((known) => known === name);
      const behaviour = formOf(request).get("behaviour");
      const parsed = priceBody.safeParse({ behaviour: behaviour === "none" ? null : behaviour });
      if (source === undefined || !parsed.success) {
        show(request, response, behaviour ?? "");
        return;
      }
      prices.setBehaviour(source, parsed.data.behaviour);
      done(response);
    },
  });
  route(app, "/control/page/deposits/:shortcode/:account", {
    post: (request, response) => {
      const shortcode = pathParameter(request, "shortcode");
      const account = pathParameter(request, "account");
      const amount = parseFiat("KES", (formOf(request).get("amount") ?? "").trim());
      const known = findShortcode(world.database, shortcode) !== undefined;
      if (!known || !isOrganisationAccount(account)) show(request, response, account);
      else if (!amount.ok) show(request, response, amount.error.message);
      else {
        deposit(world, `shortcode:${shortcode}:${account}`, amount.value);
        done(response);
      }
    },
  });
}

/** Converts the form's fields, all of them text and empty when omitted, to a fault's JSON body. */
function faultOf(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const text = (name: string): string | undefined => form.get(name)?.trim() || undefined;
  const number = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  const parameters = { code: text("code"), seconds: number("seconds") };
  return {
    api: text("api"),
    kind: text("kind"),
    parameters,
    msisdn: text("msisdn") ?? null,
    times: number("times") ?? null,
  };
}
