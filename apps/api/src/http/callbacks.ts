import express from "express";
import type { Express } from "express";
import { callbackKinds } from "./callback-address.ts";
import type { CallbackAddresses, CallbackKind } from "./callback-address.ts";
import { sendProblem } from "./problem.ts";

/** A callback as it arrived: evidence, not yet believed. */
export type RawCallback = {
  readonly kind: CallbackKind;
  readonly orderId: string;
  /** The bytes as text; whether they are JSON is for the reader to find out. */
  readonly body: string;
  readonly receivedAt: number;
  readonly fromAddress: string;
};

export type CallbackOptions = {
  readonly addresses: CallbackAddresses;
  /** Must be durable when it resolves: M-Pesa never sends a callback again. */
  readonly store: (callback: RawCallback) => Promise<void>;
  readonly now: () => number;
};

/** The addresses that M-Pesa calls. A genuine address gets 200 as soon as its bytes are stored; the order decides later. */
export function mountCallbacks(app: Express, { addresses, store, now }: CallbackOptions): void {
  const body = express.text({ limit: "64kb", type: () => true, defaultCharset: "utf-8" });
  app.post("/callbacks/:secret/:kind/:orderId", body, async (request, response) => {
    response.locals["route"] = "callback";
    const { secret, kind, orderId } = request.params;
    if (
      typeof secret !== "string" ||
      typeof orderId !== "string" ||
      !isCallbackKind(kind) ||
      !addresses.isGenuine(secret, kind, orderId)
    ) {
      return sendProblem(response, "route_not_found");
    }
    await store({
      kind,
      orderId,
      body: typeof request.body === "string" ? request.body.replaceAll("\0", "\uFFFD") : "",
      receivedAt: now(),
      fromAddress: request.ip ?? "unknown",
    });
    response.status(200).json({ ResultCode: 0, ResultDesc: "Accepted" });
  });
}

function isCallbackKind(text: unknown): text is CallbackKind {
  return callbackKinds.some((kind) => kind === text);
}
