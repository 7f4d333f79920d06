import type { Express } from "express";
import type { Logger } from "pino";
import { controlRoutes } from "./control/routes.ts";
import { darajaRoutes } from "./daraja/routes.ts";
import { pageRoutes } from "./pages/routes.ts";
import { rateRoutes } from "./rates/routes.ts";
import type { Simulator } from "./runtime/simulator.ts";
import { closeApp, createApp, route } from "./web/app.ts";
import { sendJson } from "./web/responses.ts";
import { requireSameSite } from "./web/same-site.ts";

/** Everything the simulator serves: Daraja, the price feeds, the control API and the pages. */
export function simulatorApp(simulator: Simulator, logger: Logger): Express {
  const app = createApp();
  const { gateway, runner, prices } = simulator;
  darajaRoutes(app, gateway, (subject, timeoutMs) => runner.delivered(subject, timeoutMs));
  rateRoutes(app, prices);
  app.use(requireSameSite);
  controlRoutes(app, simulator);
  pageRoutes(app, simulator);
  route(app, "/health", {
    get: (_request, response) => sendJson(response, { status: "ok" }),
  });
  closeApp(app, logger);
  return app;
}
