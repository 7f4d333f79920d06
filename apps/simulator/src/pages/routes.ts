import { seeOther } from "../http/reply.ts";
import type { Router } from "../http/router.ts";
import type { Simulator } from "../simulator.ts";
import { Assets } from "./assets.ts";
import { controlPages } from "./control.ts";
import { handsetRoutes } from "./handset.ts";

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
