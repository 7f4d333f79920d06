import { resolveFaults, useFault } from "../faults/active-faults.ts";
import type { RequestFaults } from "../faults/active-faults.ts";
import type { FaultApi } from "../faults/catalogue.ts";
import { logRequest } from "./request-log.ts";
import { readSettings } from "../world/settings.ts";
import type { World } from "../world/world.ts";
import { errorAnswer, refusalAnswer } from "./answers.ts";
import type { Answer } from "./answers.ts";
import { darajaApis } from "./apis.ts";
import type { DarajaApi } from "./apis.ts";
import { member, parseBody, textOf } from "./fields.ts";
import type { Body } from "./fields.ts";
import {
  handleAccountBalance,
  handleHakikisha,
  handlePayout,
  handleReversal,
  handleStkPush,
  handleStkQuery,
  handleTransactionStatus,
} from "./handlers.ts";
import type { Credentials, Handled, Request } from "./handlers.ts";
import { handlePull } from "./pull.ts";
import { issueToken, revokeToken, tokenOwner } from "./tokens.ts";
import type { ConsumerApp } from "./tokens.ts";

export type GatewayRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: string;
};

export type GatewayAnswer = {
  readonly answer: Answer;
  /** A fault delays the answer until this conversation's callback has been delivered. */
  readonly afterCallbackOf: string | null;
};

const handlers: Readonly<Record<Exclude<FaultApi, "oauth">, (request: Request) => Handled>> = {
  stk: handleStkPush,
  stk_query: handleStkQuery,
  b2c: handlePayout,
  transaction_status: handleTransactionStatus,
  account_balance: handleAccountBalance,
  reversal: handleReversal,
  hakikisha: handleHakikisha,
  pull: handlePull,
};

/** Daraja's gateway: checks path, method, token and rate limit, applies faults, then calls the API. */
export class Gateway {
  readonly #world: World;
  readonly #app: ConsumerApp;
  readonly #credentials: Credentials;
  readonly #recent = new Map<string, number[]>();

  constructor(world: World, app: ConsumerApp, credentials: Credentials) {
    this.#world = world;
    this.#app = app;
    this.#credentials = credentials;
  }

  handle(request: GatewayRequest): GatewayAnswer {
    const { database } = this.#world;
    const result = database.transaction(() => this.#dispatch(request));
    logRequest(this.#world, request, result);
    this.#world.changes.notify("control", "change");
    return { answer: result.answer, afterCallbackOf: result.afterCallbackOf };
  }

  #dispatch(request: GatewayRequest): GatewayAnswer & {
    readonly api: string;
    readonly faults: readonly string[];
  } {
    const match = findApi(this.#world, request);
    if ("answer" in match) return { ...match, afterCallbackOf: null, api: "none", faults: [] };
    const { api } = match;
    const parsed = parseBody(request.body);
    const body = parsed.ok ? parsed.value : {};
    const faults = resolveFaults(this.#world.database, api.api, subscriberOf(body));
    const immediate = (answer: Answer, names: readonly string[] = []) => ({
      answer,
      afterCallbackOf: null,
      api: api.api,
      faults: names,
    });
    if (faults.before !== null) {
      useFault(this.#world.database, faults.before.fault);
      return immediate(refusalAnswer(this.#world.entropy, faults.before.refusal), [
        faults.before.fault.kind,
      ]);
    }
    if (api.api === "oauth") {
      return immediate(issueToken(this.#world, this.#app, request.query, request.authorization));
    }
    const refusal = this.#authorize(api, request.authorization, faults);
    if (refusal !== null)
      return immediate(refusal, faults.revokeToken === null ? [] : ["token_revoked"]);
    if (!parsed.ok) {
      return immediate(
        errorAnswer(this.#world.entropy, 400, "400.002.05", "Invalid Request Payload"),
      );
    }
    const handled = handlers[api.api]({
      world: this.#world,
      credentials: this.#credentials,
      body,
      path: request.path,
      plan: faults.plan,
    });
    if (handled.subject === null) return immediate(handled.answer);
    for (const fault of faults.used) useFault(this.#world.database, fault);
    return {
      answer:
        faults.after === null ? handled.answer : refusalAnswer(this.#world.entropy, faults.after),
      afterCallbackOf: faults.plan.delivery.beforeAcknowledgement ? handled.subject : null,
      api: api.api,
      faults: faults.plan.faults,
    };
  }

  /** Checks header, token and rate limit (documented errors; their order is assumed). */
  #authorize(
    api: DarajaApi,
    authorization: string | undefined,
    faults: RequestFaults,
  ): Answer | null {
    const { entropy, database } = this.#world;
    const token = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      return errorAnswer(entropy, 404, "404.001.04", "Invalid Authentication Header");
    }
    if (faults.revokeToken !== null) {
      useFault(database, faults.revokeToken);
      revokeToken(this.#world, token);
    }
    const owner = tokenOwner(this.#world, token);
    if (owner === null) {
      const { status, code, message } = api.tokenError;
      return errorAnswer(entropy, status, code, message(token));
    }
    return this.#isRateLimited(owner)
      ? errorAnswer(entropy, 500, "500.003.02", "Error Occurred: Spike Arrest Violation")
      : null;
  }

  #isRateLimited(consumerKey: string): boolean {
    const { requestsPerSecond } = readSettings(this.#world.database);
    if (requestsPerSecond === 0) return false;
    const now = this.#world.clock.now();
    const recent = (this.#recent.get(consumerKey) ?? []).filter((at) => at > now - 1000);
    this.#recent.set(consumerKey, [...recent, now]);
    return recent.length >= requestsPerSecond;
  }
}

export function isDarajaPath(path: string): boolean {
  return ["/mpesa/", "/oauth/", "/pulltransactions/"].some((start) => path.startsWith(start));
}

/** An unknown path is answered 404.001.01; a wrong method 405.001, with the method in the message (documented). */
function findApi(
  { entropy }: World,
  { method, path }: GatewayRequest,
): { readonly api: DarajaApi } | { readonly answer: Answer } {
  const api = darajaApis.find((known) => known.path === path);
  if (api === undefined) {
    return { answer: errorAnswer(entropy, 404, "404.001.01", "Resource not found") };
  }
  return api.method === method
    ? { api }
    : { answer: errorAnswer(entropy, 405, "405.001", `${method} Method Not Allowed`) };
}

/** The customer's number in the request, for faults that are limited to one number. */
function subscriberOf(body: Body): string | null {
  const candidates = [
    textOf(body, "PhoneNumber"),
    textOf(body, "PartyB"),
    textOf(member(body, "body"), "msisdn"),
  ];
  return candidates.find((value) => /^254\d{9}$/.test(value)) ?? null;
}
