import type { Express } from "express";
import type { Simulator } from "../runtime/simulator.ts";
import { route } from "../web/app.ts";
import { Assets } from "../web/assets.ts";
import { seeOther } from "../web/responses.ts";
import { controlPageRoutes } from "./control-routes.ts";
import { handsetRoutes } from "./handset-routes.ts";

/** The simulator's pages: the phones, and the control page. */
export function pageRoutes(app: Express, simulator: Simulator): void {
  const assets = new Assets(new URL("./assets/", import.meta.url), [
    "handset.css",
    "handset.js",
    "handset.svg",
    "phone-list.css",
    "control.css",
    "live.js",
  ]);
  route(app, "/", { get: (_request, response) => seeOther(response, "/handset") });
  route(app, "/assets/:name", { get: (request, response) => assets.serve(request, response) });
  handsetRoutes(app, simulator.world, assets);
  controlPageRoutes(app, simulator, assets);
}
