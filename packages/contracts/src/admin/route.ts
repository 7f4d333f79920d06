import type { ProblemCode } from "../rest/problems.ts";
import type { Endpoint } from "../rest/route.ts";

/** An endpoint of the operator's admin API, which is served on listeners of its own. */
export type AdminRoute = Endpoint & {
  readonly tag: "Session" | "Operators" | "Orders" | "Acts" | "Books" | "Switches";
  /**
   * `none`: signing in. `operator`: a session cookie (on the console's listener) or a client certificate (on the one for
   * satsctl).
   */
  readonly auth: "none" | "operator";
};

/** Every problem that an endpoint can return: its own, and those shared by all endpoints. */
export function adminProblemsOf(route: AdminRoute): readonly ProblemCode[] {
  const shared: ProblemCode[] = [
    "invalid_request",
    "rate_limited",
    "internal_error",
    "service_unavailable",
  ];
  if (route.auth === "operator") shared.push("operator_required", "operator_disabled");
  if (route.method !== "get") {
    shared.push("body_malformed", "body_too_large", "content_type_unsupported", "origin_refused");
  }
  return [...new Set([...route.problems, ...shared])];
}
