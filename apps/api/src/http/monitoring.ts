import express from "express";
import type { Express } from "express";
import { answerHealth } from "./health.ts";
import type { HealthChecks } from "./health.ts";
import type { HttpMetrics } from "./metrics.ts";

/**
 * `/health` and `/metrics` for the operator's own monitoring, on a port of its own: metrics show the business, and health
 * must answer load balancers whatever happens on the public port.
 */
export function createMonitoringApp(metrics: HttpMetrics, checks: HealthChecks): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.get("/health", (_request, response) => answerHealth(checks, response));
  app.get("/metrics", async (_request, response) => {
    response.setHeader("cache-control", "no-store");
    response.type(metrics.contentType).send(await metrics.text());
  });
  app.use((_request, response) => {
    response.status(404).type("text/plain").send("Not found.");
  });
  return app;
}
