import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { LoginPayload, SessionTokens } from "../rest/auth.ts";
import type { OrderEvent } from "../rest/orders.ts";
import type { Route, RouteBodyInput, RouteQueryInput, RouteResponse } from "../rest/route.ts";
import { routes } from "../rest/routes.ts";
import { followEvents } from "./events.ts";
import type { EventStreamOptions } from "./events.ts";
import { createServerClock } from "./server-clock.ts";
import { createSession } from "./session.ts";
import type { SessionStore } from "./session.ts";
import { exchange } from "./transport.ts";
import type { HttpAnswer } from "./transport.ts";

export type ApiClientOptions = {
  /** URL of the API without a path. Logins are signed for its origin. */
  readonly baseUrl: string;
  readonly device: LoginPayload["device"];
  readonly signLogin: (payload: LoginPayload) => Promise<string>;
  readonly sessionStore: SessionStore;
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
  readonly timeoutMs?: number;
};

/** Store the key with the operation before the first call, and reuse it for every retry, also after a restart. */
export type Idempotency = { readonly idempotencyKey: string };
export type FollowOptions = Pick<EventStreamOptions, "afterSequence" | "signal" | "onInterrupted">;

type Answer<R extends Route> = Promise<Result<RouteResponse<R>>>;
type Body<R extends Route> = RouteBodyInput<R>;

/**
 * Typed client of the API. Failures are values: the server's problem codes, or `network_unreachable`,
 * `answer_timed_out` and `answer_malformed`. Signs in and renews tokens by itself. Calls that are safe to repeat (reads,
 * and calls with an idempotency key) are tried up to three times.
 */
export type ApiClient = {
  readonly session: {
    /** Returns the session's tokens; signs in if necessary. */
    readonly open: () => Promise<Result<SessionTokens>>;
    /** A token for requests outside this client, for example to the backup. Signs in if necessary. */
    readonly accessToken: () => Promise<Result<string>>;
    /** Call after the server refused the token: the next `accessToken` fetches another one. */
    readonly discardAccessToken: (token: string) => void;
    readonly logout: () => Promise<Result<void>>;
    readonly devices: () => Answer<typeof routes.listDevices>;
    readonly revokeDevice: (deviceId: string) => Promise<Result<void>>;
  };
  /** How far the server's clock is ahead of this device's, in ms; 0 while they agree, or before the first answer. */
  readonly serverAheadMs: () => number;
  readonly info: () => Answer<typeof routes.info>;
  readonly quotes: {
    readonly create: (
      request: Body<typeof routes.createQuote>,
    ) => Answer<typeof routes.createQuote>;
    readonly get: (quoteId: string) => Answer<typeof routes.getQuote>;
  };
  readonly orders: {
    readonly buy: (
      request: Body<typeof routes.buy>,
      idempotency: Idempotency,
    ) => Answer<typeof routes.buy>;
    readonly sell: (
      request: Body<typeof routes.sell>,
      idempotency: Idempotency,
    ) => Answer<typeof routes.sell>;
    readonly get: (orderId: string) => Answer<typeof routes.getOrder>;
    readonly list: (
      query?: RouteQueryInput<typeof routes.listOrders>,
    ) => Answer<typeof routes.listOrders>;
    readonly freshInvoice: (
      orderId: string,
      invoice: string,
      idempotency: Idempotency,
    ) => Answer<typeof routes.freshInvoice>;
    readonly newPrice: (
      orderId: string,
      idempotency: Idempotency,
    ) => Answer<typeof routes.newPrice>;
    readonly cancel: (
      orderId: string,
      idempotency: Idempotency,
    ) => Answer<typeof routes.cancelOrder>;
    /** Every event of one order, from the first one or after `afterSequence`, at least once. @throws EventStreamRefused */
    readonly follow: (orderId: string, resume?: FollowOptions) => AsyncGenerator<OrderEvent>;
    /** Events of all orders, from now or after `afterSequence`, at least once. @throws EventStreamRefused */
    readonly followAll: (resume?: FollowOptions) => AsyncGenerator<OrderEvent>;
  };
  /** The amounts that the wallet may still buy and sell. */
  readonly limits: () => Answer<typeof routes.limits>;
  readonly proveNumber: (
    proof: Body<typeof routes.proveNumber>,
  ) => Answer<typeof routes.proveNumber>;
  readonly wallet: {
    readonly balance: () => Answer<typeof routes.walletBalance>;
    readonly send: (
      request: Body<typeof routes.walletSend>,
      idempotency: Idempotency,
    ) => Answer<typeof routes.walletSend>;
    readonly transactions: (
      query?: RouteQueryInput<typeof routes.listTransactions>,
    ) => Answer<typeof routes.listTransactions>;
  };
};

type CallInput = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
};

const attempts = 3;
/** The pause before the second attempt is twice this, and doubles with each further one. */
const basePauseMs = 200;

/** Creates a client for one wallet on one device. Sends nothing until it is called. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const clock = createServerClock(options.now ?? Date.now);
  const send = clock.observing(options.fetch ?? fetch);
  const timeoutMs = options.timeoutMs ?? 20_000;
  const session = createSession({
    baseUrl,
    send,
    store: options.sessionStore,
    device: options.device,
    signLogin: options.signLogin,
    clock,
    timeoutMs,
  });

  async function call<R extends Route>(route: R, input: CallInput = {}): Answer<R> {
    const repeatable = route.method === "get" || route.idempotent === true;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await callOnce(route, input);
      if (answer.ok) return ok(answer.value.json as RouteResponse<R>);
      const shouldRetry = repeatable && attempt < attempts && temporary.has(answer.error.code);
      if (!shouldRetry) return answer;
      await new Promise((resolve) => setTimeout(resolve, basePauseMs * 2 ** attempt));
    }
  }

  async function callOnce(route: Route, input: CallInput): Promise<Result<HttpAnswer>> {
    if (route.auth === "none") return exchange(send, request(route, input, null));
    const token = await session.accessToken();
    if (!token.ok) return token;
    const answer = await exchange(send, request(route, input, token.value));
    if (answer.ok || !renewable.has(answer.error.code)) return answer;
    session.discardAccessToken(token.value);
    const renewed = await session.accessToken();
    return renewed.ok ? exchange(send, request(route, input, renewed.value)) : renewed;
  }

  function request(route: Route, input: CallInput, token: string | null) {
    return {
      method: route.method.toUpperCase(),
      url: url(route, input),
      headers: {
        ...(input.body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(input.idempotencyKey === undefined ? {} : { "idempotency-key": input.idempotencyKey }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      timeoutMs,
    };
  }

  function url(route: Route, input: CallInput): string {
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      encodeURIComponent(input.params?.[name] ?? ""),
    );
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(input.query ?? {})) {
      if (value !== undefined) query.set(name, String(value));
    }
    return `${baseUrl}${path}${query.size === 0 ? "" : `?${query.toString()}`}`;
  }

  async function discardValue(answer: Promise<Result<unknown>>): Promise<Result<void>> {
    const settled = await answer;
    return settled.ok ? ok(undefined) : settled;
  }

  const follow = (route: Route, input: CallInput, resume: FollowOptions = {}) =>
    followEvents({ url: url(route, input), send, session, ...resume });

  return {
    session: {
      open: session.tokens,
      accessToken: session.accessToken,
      discardAccessToken: session.discardAccessToken,
      logout: async () => {
        const answer = await discardValue(call(routes.logout));
        if (answer.ok) await session.end();
        return answer;
      },
      devices: () => call(routes.listDevices),
      revokeDevice: (deviceId) => discardValue(call(routes.revokeDevice, { params: { deviceId } })),
    },
    serverAheadMs: clock.aheadMs,
    info: () => call(routes.info),
    quotes: {
      create: (body) => call(routes.createQuote, { body }),
      get: (quoteId) => call(routes.getQuote, { params: { quoteId } }),
    },
    orders: {
      buy: (body, idempotency) => call(routes.buy, { body, ...idempotency }),
      sell: (body, idempotency) => call(routes.sell, { body, ...idempotency }),
      get: (orderId) => call(routes.getOrder, { params: { orderId } }),
      list: (query) => call(routes.listOrders, { query }),
      freshInvoice: (orderId, invoice, idempotency) =>
        call(routes.freshInvoice, { params: { orderId }, body: { invoice }, ...idempotency }),
      newPrice: (orderId, idempotency) =>
        call(routes.newPrice, { params: { orderId }, ...idempotency }),
      cancel: (orderId, idempotency) =>
        call(routes.cancelOrder, { params: { orderId }, ...idempotency }),
      follow: (orderId, resume) => follow(routes.orderEvents, { params: { orderId } }, resume),
      followAll: (resume) => follow(routes.events, {}, resume),
    },
    limits: () => call(routes.limits, {}),
    proveNumber: (proof) => call(routes.proveNumber, { body: proof }),
    wallet: {
      balance: () => call(routes.walletBalance),
      send: (body, idempotency) => call(routes.walletSend, { body, ...idempotency }),
      transactions: (query) => call(routes.listTransactions, { query }),
    },
  };
}

const renewable: ReadonlySet<string> = new Set(["token_expired", "token_invalid"]);

/** Temporary failures. Repeating the call is safe because only repeatable calls are retried. */
const temporary: ReadonlySet<string> = new Set([
  "network_unreachable",
  "answer_timed_out",
  "answer_malformed",
  "idempotency_in_progress",
  "service_unavailable",
]);
