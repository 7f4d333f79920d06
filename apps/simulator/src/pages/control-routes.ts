import { parseFiat } from "@satsconnect/money";
import { faultBody, priceBody } from "../control/schemas.ts";
import { switchAllFaultsOff, switchFaultOff, switchFaultOn } from "../faults/active-faults.ts";
import { page, seeOther } from "../web/responses.ts";
import type { HttpRequest, Reply } from "../web/responses.ts";
import type { Router } from "../web/router.ts";
import { fund, isOrganisationAccount } from "../mpesa/setup.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { priceSources } from "../rates/prices.ts";
import type { Simulator } from "../runtime/simulator.ts";
import type { Assets } from "../web/assets.ts";
import { controlPage } from "./control-page.ts";
import { languageHeaders, languageOf } from "../web/page-language.ts";

/** The page of switches: what the control API can do, for people. Works without scripts. */
export function controlPages(router: Router, simulator: Simulator, assets: Assets): void {
  const { world, prices } = simulator;
  const show = (request: HttpRequest, wrong: string | null): Reply =>
    page(
      controlPage(simulator, assets, languageOf(request), wrong),
      wrong === null ? 200 : 422,
      languageHeaders(request),
    );
  const changed = (): Reply => {
    world.changes.tell("control", "change");
    return seeOther("/control");
  };

  router.get("/control", (request) => show(request, null));
  router.post("/control/page/faults", (request) => {
    const read = faultBody.safeParse(faultOf(new URLSearchParams(request.body)));
    if (!read.success) {
      return show(
        request,
        read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
      );
    }
    const { times, ...fault } = read.data;
    const on = switchFaultOn(world.database, world.clock.now(), { ...fault, remaining: times });
    return on.ok ? changed() : show(request, on.error.message);
  });
  router.post("/control/page/faults/off", () => {
    switchAllFaultsOff(world.database);
    return changed();
  });
  router.post("/control/page/faults/:id/off", ({ params }) => {
    switchFaultOff(world.database, Number(params["id"]));
    return changed();
  });
  router.post("/control/page/prices/:source", (request) => {
    const source = priceSources.find((one) => one === request.params["source"]);
    const behaviour = new URLSearchParams(request.body).get("behaviour");
    const read = priceBody.safeParse({ behaviour: behaviour === "none" ? null : behaviour });
    if (source === undefined || !read.success) return show(request, behaviour ?? "");
    prices.switchTo(source, read.data.behaviour);
    return changed();
  });
  router.post("/control/page/deposits/:shortcode/:account", (request) => {
    const { shortcode = "", account = "" } = request.params;
    const amount = parseFiat("KES", (new URLSearchParams(request.body).get("amount") ?? "").trim());
    const known = findShortcode(world.database, shortcode) !== undefined;
    if (!known || !isOrganisationAccount(account)) return show(request, account);
    if (!amount.ok) return show(request, amount.error.message);
    fund(world, `shortcode:${shortcode}:${account}`, amount.value);
    return changed();
  });
}

/** A form has texts only, and empty ones for what was left out. */
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
