import { controlRoutes } from "./control/routes.ts";
import { gatewayReply } from "./daraja/routes.ts";
import { isDarajaPath } from "./daraja/gateway.ts";
import { isFromElsewhere } from "./web/same-site.ts";
import { problem } from "./web/responses.ts";
import type { HttpRequest, Reply } from "./web/responses.ts";
import { Router } from "./web/router.ts";
import { pageRoutes } from "./pages/routes.ts";
import { answerFeed } from "./rates/feeds.ts";
import type { Simulator } from "./runtime/simulator.ts";

/** Everything that the simulator's one address serves: Daraja, the price feeds, the control API and the pages. */
export function simulatorApp(simulator: Simulator): (request: HttpRequest) => Promise<Reply> {
  const router = new Router();
  controlRoutes(router, simulator);
  pageRoutes(router, simulator);
  router.get("/health", () => ({
    type: "content",
    status: 200,
    headers: { "content-type": "application/json" },
    body: '{"status":"ok"}',
  }));
  return async (request) => {
    if (isDarajaPath(request.path)) return gatewayReply(simulator, request);
    if (request.path.startsWith("/rates/")) {
      const answer = answerFeed(simulator.prices, request.path, request.query);
      return answer === undefined
        ? problem(404, "not_found", "There is no such price feed.")
        : {
            type: "content",
            status: answer.status,
            headers: { "content-type": answer.contentType },
            body: answer.body,
          };
    }
    if (request.method !== "GET" && request.method !== "HEAD" && isFromElsewhere(request)) {
      return problem(403, "cross_site", "This may only be pressed on the simulator's own pages.");
    }
    return router.handle(request);
  };
}
