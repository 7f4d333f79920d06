import { describeEndpoints } from "../openapi/document.ts";
import { adminProblemsOf } from "./route.ts";
import type { AdminRoute } from "./route.ts";
import { adminRoutes } from "./routes.ts";

/** The OpenAPI 3.1 document of the operator's admin API. Deterministic. */
export function adminOpenApiDocument(): { readonly [key: string]: unknown } {
  return describeEndpoints<AdminRoute>({
    info: {
      title: "SatsConnect admin API",
      version: "1.0.0",
      summary: "The operator finds orders, acts on them and reads the log.",
      description:
        "Served on listeners of its own, never on the public one. Amounts are decimal strings with the unit in the field's name; times are UTC. Unknown fields are refused. Errors are problem documents (RFC 9457).",
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: [
      { name: "Session", description: "Signing in and registering passkeys." },
      { name: "Operators", description: "The people who may act." },
      { name: "Orders", description: "Finding orders; cases." },
      { name: "Acts", description: "Acting on orders, with a second person, and the log." },
      { name: "Books", description: "Bookings, statements and the daily close." },
      { name: "Switches", description: "Switches without a deploy, and alarms." },
    ],
    endpoints: Object.values<AdminRoute>(adminRoutes),
    problemsOf: adminProblemsOf,
    securityOf: ({ auth }) => (auth === "none" ? [] : [{ session: [] }, { certificate: [] }]),
    securitySchemes: {
      session: {
        type: "apiKey",
        in: "cookie",
        name: "__Host-satsconnect-operator",
        description: "Set by signing in with a passkey; on plain http, without `__Host-`.",
      },
      certificate: {
        type: "mutualTLS",
        description: "A client certificate of the operator's authority; its name is the operator.",
      },
    },
  });
}
