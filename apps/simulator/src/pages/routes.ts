import { seeOther } from "../web/responses.ts";
import type { Router } from "../web/router.ts";
import type { Simulator } from "../runtime/simulator.ts";
import { Assets } from "../web/assets.ts";
import { controlPages } from "./control-routes.ts";
import { handsetRoutes } from "./handset-routes.ts";

/** The pages of the simulator: phones and switches. */
export function pageRoutes(router: Router, simulator: Simulator): void {
  const assets = new Assets(new URL("./assets/", import.meta.url), [
    "handset.css",
    "handset.js",
    "handset.svg",
    "shelf.css",
    "control.css",
    "live.js",
  ]);
  router.get("/", () => seeOther("/handset"));
  router.get("/assets/:name", (request) => assets.reply(request));
  handsetRoutes(router, simulator.world, assets);
  controlPages(router, simulator, assets);
}
