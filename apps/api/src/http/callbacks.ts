import express from "express";
import type { Express } from "express";
import { balanceCallbackKinds, orderCallbackKinds } from "../app/callbacks.ts";
import type { CallbackAddresses, CallbackKind, OrderCallbackKind } from "../app/callbacks.ts";
import { sendProblem } from "./problem.ts";

/** A callback as it arrived: evidence, not yet believed. */
type RawCallback = {
  readonly kind: OrderCallbackKind;
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
  /** A balance that was asked for. It need not be kept: it can be asked for again. */
  readonly receiveBalance: (requestId: string, body: string) => void;
  readonly now: () => number;
};

/** The addresses that M-Pesa calls. A genuine address gets 200 as soon as its bytes are stored; the order decides later. */
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
      receiveBalance(id, text);
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
