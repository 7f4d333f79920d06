import type { Express, Response } from "express";
import { bodyText, queryOf } from "../web/requests.ts";
import { sendExactly } from "../web/responses.ts";
import type { Answer } from "./answers.ts";
import { isDarajaPath } from "./gateway.ts";
import type { Gateway } from "./gateway.ts";

/** Maximum time that an answer waits for the callback that a fault sends before it. */
const maxCallbackWaitMs = 15_000;

/** Serves Daraja's paths, including the faults of the connection itself. */
export function darajaRoutes(
  app: Express,
  gateway: Gateway,
  callbackDelivered: (conversation: string, timeoutMs: number) => Promise<void>,
): void {
  app.use(async (request, response, next) => {
    if (!isDarajaPath(request.path)) {
      next();
      return;
    }
    const { answer, afterCallbackOf } = gateway.handle({
      method: request.method,
      path: request.path,
      query: queryOf(request),
      authorization: request.get("authorization"),
      body: bodyText(request),
    });
    if (afterCallbackOf !== null) await callbackDelivered(afterCallbackOf, maxCallbackWaitMs);
    send(response, answer);
  });
}

function send(response: Response, answer: Answer): void {
  if (response.destroyed) return;
  switch (answer.type) {
    case "text":
      sendExactly(response, answer.status, answer.contentType, answer.body);
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "silence": {
      const timer = setTimeout(() => response.destroy(), answer.forMs);
      response.on("close", () => clearTimeout(timer));
    }
  }
}
