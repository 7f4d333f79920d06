import express from "express";
import type { Express } from "express";
import helmet from "helmet";
import { adminOpenApiDocument, adminRoutes } from "@satsconnect/contracts/admin";
import type { AdminRoute } from "@satsconnect/contracts/admin";
import type { OperatorStore } from "../../app/admin/ports.ts";
import type { Alarms } from "../../app/alarms/alarms.ts";
import type { Logger } from "../../app/logger.ts";
import type { RateLimits } from "../../app/rate-limits.ts";
import type { Switches } from "../../app/switches.ts";
import { correlateAndLog, mountFallbacks } from "../express-app.ts";
import type { HttpMetrics } from "../metrics.ts";
import { mountAdminActs } from "./acts.ts";
import { mountAdminAlarms } from "./alarms.ts";
import { mountAdminBooks, mountStatementBody } from "./books.ts";
import type { AdminBooksOptions } from "./books.ts";
import type { Callers } from "./callers.ts";
import { createAdminMount } from "./mount.ts";
import { mountAdminOperators } from "./operators.ts";
import { mountAdminOrders } from "./orders.ts";
import type { AdminOrdersOptions } from "./orders.ts";
import { mountAdminSession } from "./session.ts";
import type { AdminSessionOptions } from "./session.ts";
import { mountAdminSwitches } from "./switches.ts";

export type AdminAppOptions = AdminOrdersOptions &
  AdminSessionOptions &
  AdminBooksOptions & {
    readonly callers: Callers;
    readonly operators: OperatorStore;
    readonly switches: Switches;
    readonly alarms: Alarms;
    readonly rateLimits: RateLimits;
    /** Folder with the console's built files. */
    readonly consoleFolder: string;
    readonly metrics: HttpMetrics;
    readonly log: Logger;
  };

const bodyLimit = "64kb";

/** The operator's admin API as one listener serves it, and on the browsers' listener the console. */
export function createAdminApp(options: AdminAppOptions): Express {
  const { callers, log } = options;
  const app = express();
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.set("etag", false);
  app.use(correlateAndLog(options));
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          "default-src": ["'none'"],
          "script-src": ["'self'"],
          "style-src": ["'self'"],
          "img-src": ["'self'", "data:"],
          "font-src": ["'self'"],
          "connect-src": ["'self'"],
          "base-uri": ["'none'"],
          "form-action": ["'none'"],
          "frame-ancestors": ["'none'"],
        },
      },
      crossOriginResourcePolicy: { policy: "same-origin" },
      referrerPolicy: { policy: "no-referrer" },
      strictTransportSecurity: { maxAge: 31_536_000 },
    }),
  );
  app.use(callers.guard);
  mountStatementBody(app, callers);
  app.use("/admin", express.json({ limit: bodyLimit, strict: true, type: "application/json" }));

  const mount = createAdminMount(app, options);
  mountAdminSession(mount, options);
  mountAdminOperators(mount, options.acts, options.operators);
  mountAdminOrders(mount, options);
  mountAdminActs(mount, options);
  mountAdminBooks(mount, options);
  mountAdminSwitches(mount, options.switches, options.acts);
  mountAdminAlarms(mount, options.alarms);

  if (callers.via === "passkey") {
    const document = JSON.stringify(adminOpenApiDocument());
    app.get("/admin/openapi.json", (_request, response) => {
      response.locals["route"] = "admin.openapi";
      response.type("application/json").send(document);
    });
    // The files are public: everything in them is in the repository.
    app.use(
      express.static(options.consoleFolder, {
        index: "index.html",
        redirect: false,
        setHeaders: (response) => response.setHeader("cache-control", "no-cache"),
      }),
    );
  }
  mountFallbacks(app, log, Object.values<AdminRoute>(adminRoutes));
  return app;
}
