import type { LightningNode } from "@satsconnect/lightning";
import type { Express } from "express";
import type { Logger } from "pino";
import { closeApp, createApp } from "../web/app.ts";
import { requireSameSite } from "../web/same-site.ts";
import { merchantApi } from "./api.ts";
import { merchantPages } from "./pages.ts";

/** Everything the shop serves: its API and its pages. */
export function merchantApp(node: LightningNode, logger: Logger): Express {
  const app = createApp();
  app.use(requireSameSite);
  merchantApi(app, node);
  merchantPages(app, node);
  closeApp(app, logger);
  return app;
}
