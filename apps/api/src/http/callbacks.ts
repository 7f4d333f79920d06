import { BlockList, isIP } from "node:net";
import express from "express";
import type { Express, RequestHandler } from "express";
import { balanceCallbackKinds, orderCallbackKinds } from "../app/callbacks.ts";
import type { CallbackAddresses, CallbackKind, OrderCallbackKind } from "../app/callbacks.ts";
import type { Logger } from "../app/logger.ts";
import type { RateLimits } from "../app/rate-limits.ts";
import { addressRange } from "./address-range.ts";
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
  /** Whether callbacks may come from an address. */
  readonly isSource: (address: string) => boolean;
  readonly rateLimits: RateLimits;
  /** Must resolve only once the callback is durable, because M-Pesa never resends one. */
  readonly store: (callback: RawCallback) => Promise<void>;
  /** Stores the result of an account balance query, for whichever process waits for it. */
  readonly receiveBalance: (requestId: string, body: string) => Promise<void>;
  readonly log: Logger;
  readonly now: () => number;
};

/** M-Pesa's largest documented callback has about 2 KB. */
const bodyLimit = "16kb";

/**
 * Mounts the callback URLs that M-Pesa calls. A genuine URL gets 200 as soon as the body is stored; the order
 * evaluates it later. The URL, its source and the rate limits are checked before any of the body is read.
 */
export function mountCallbacks(app: Express, options: CallbackOptions): void {
  const { store, receiveBalance, now } = options;
  const body = express.text({ limit: bodyLimit, type: () => true, defaultCharset: "utf-8" });
  app.post("/callbacks/:secret/:kind/:id", admit(options), body, async (request, response) => {
    const { kind, id } = response.locals["callback"] as { kind: CallbackKind; id: string };
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

/**
 * Lets a request through to its body only if its URL is genuine, its source is one of M-Pesa's, and that URL is not called
 * too often. Wrong URLs count for the address that tries them, genuine ones for themselves: M-Pesa's few addresses carry
 * all callbacks, and none of them may be lost.
 */
function admit({ addresses, isSource, rateLimits, log }: CallbackOptions): RequestHandler {
  return async (request, response, next) => {
    response.locals["route"] = "callback";
    const { secret, kind, id } = request.params;
    const address = request.ip ?? "unknown";
    const genuine =
      typeof secret === "string" &&
      typeof id === "string" &&
      isCallbackKind(kind) &&
      addresses.isGenuine(secret, kind, id);
    const allowed = genuine && isSource(address);
    const limit = await (allowed
      ? rateLimits.consume("callback", `${kind}/${id}`)
      : rateLimits.consume("callbackGuess", addressRange(address)));
    if (genuine && !allowed) {
      log.warn({ kind, address }, "callback refused: CALLBACK_SOURCES does not have its address");
    }
    if (limit.ok && allowed) {
      response.locals["callback"] = { kind, id };
      return next();
    }
    // The body is left unread.
    response.setHeader("connection", "close");
    if (limit.ok) return sendProblem(response, "route_not_found");
    const retryAfterSeconds = limit.retryAfterSeconds ?? 1;
    sendProblem(response, "rate_limited", { detail: limit.error.message, retryAfterSeconds });
  };
}

/** Whether an address is in one of the networks; any address if there are none. The networks must be valid. */
export function createSourceCheck(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => true;
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/", 2);
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    list.addSubnet(address, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:/iu, "");
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 6 ? "ipv6" : "ipv4");
  };
}

function isOrderKind(kind: CallbackKind): kind is OrderCallbackKind {
  return orderCallbackKinds.some((known) => known === kind);
}

function isCallbackKind(text: unknown): text is CallbackKind {
  return [...orderCallbackKinds, ...balanceCallbackKinds].some((kind) => kind === text);
}
