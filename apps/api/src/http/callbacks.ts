import express from "express";
import type { Express } from "express";
import { balanceCallbackKinds, orderCallbackKinds } from "../app/callbacks.ts";
import type { CallbackAddresses, CallbackKind, OrderCallbackKind } from "../app/callbacks.ts";
import { sendProblem } from "./problem.ts";

/** One callback from M-Pesa. It is stored as evidence; the order decides later whether it proves anything. */
type RawCallback = {
  readonly kind: OrderCallbackKind;
  readonly orderId: string;
  /** The body as text; it may not be JSON. */
  readonly body: string;
  readonly receivedAt: number;
  readonly fromAddress: string;
};

export type CallbackOptions = {
  readonly addresses: CallbackAddresses;
  /** Must resolve only once the callback is durable, because M-Pesa never resends one. */
  readonly store: (callback: RawCallback) => Promise<void>;
  /** Stores the result of an account balance query, for whichever process waits for it. */
  readonly receiveBalance: (requestId: string, body: string) => Promise<void>;
  readonly now: () => number;
};

/**
 * Mounts the callback URLs that M-Pesa calls. A genuine URL gets 200 as soon as the body is stored; the order
 * evaluates it later.
 */
export function mountCallbacks(
  app: Express,
  { addresses, store, receiveBalance, now }: CallbackOptions,
): void {
  const body = express.text({ limit: "64kb", type: () => true, defaultCharset: "utf-8" });
  app.post("/callbacks/:secret/:kind/:id", body, async (request, response) => {
    response.locals["route"] = "callback";
    const { secret, kind, id } = request.params;
    if (
      typeof secret !== "string" ||
      typeof id !== "string" ||
      !isCallbackKind(kind) ||
      !addresses.isGenuine(secret, kind, id)
    ) {
      return sendProblem(response, "route_not_found");
    }
    const text = typeof request.body === "string" ? request.body.replaceAll("\0", "\uFFFD") : "";
    if (isOrderKind(kind)) {
      const fromAddress = request.ip ?? "unknown";
      await store({ kind, orderId: id, body: text, receivedAt: now(), fromAddress });
    } else if (kind === "balance") {
      await receiveBalance(id, text);
    }
    response.status(200).json({ ResultCode: 0, ResultDesc: "Accepted" });
  });
}

function isOrderKind(kind: CallbackKind): kind is OrderCallbackKind {
  return orderCallbackKinds.some((known) => known === kind);
}

function isCallbackKind(text: unknown): text is CallbackKind {
  return [...orderCallbackKinds, ...balanceCallbackKinds].some((kind) => kind === text);
}
