import type { Request, RequestHandler } from "express";
import { sendProblem } from "./responses.ts";

/**
 * Refuses requests from other sites that change something, so that another site cannot use the handsets. Browsers send
 * `Sec-Fetch-Site` or `Origin`; programs send neither and are accepted.
 */
export const requireSameSite: RequestHandler = (request, response, next) => {
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads || !isCrossSite(request)) {
    next();
    return;
  }
  sendProblem(response, 403, "cross_site", "Only pages of this address may send this request.");
};

function isCrossSite({ headers }: Request): boolean {
  const site = headers["sec-fetch-site"];
  if (typeof site === "string") return site !== "same-origin" && site !== "none";
  const { origin, host } = headers;
  return origin !== undefined && origin !== "null" && new URL(origin).host !== host;
}
