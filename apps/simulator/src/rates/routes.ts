import type { Express } from "express";
import { queryOf } from "../web/requests.ts";
import { sendExactly, sendProblem } from "../web/responses.ts";
import { answerFeed } from "./feeds.ts";
import type { Prices } from "./prices.ts";

/** Serves the price feeds under `/rates/`. */
export function rateRoutes(app: Express, prices: Prices): void {
  app.use((request, response, next) => {
    if (!request.path.startsWith("/rates/")) {
      next();
      return;
    }
    const answer = answerFeed(prices, request.path, queryOf(request));
    if (answer === undefined) {
      sendProblem(response, 404, "not_found", "There is no such price feed.");
    } else {
      sendExactly(response, answer.status, answer.contentType, answer.body);
    }
  });
}
