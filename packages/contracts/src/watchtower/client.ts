import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { z } from "zod";
import type { TowerAddress } from "./address.ts";
import { headActions, headGetAnswerSchema, headPutAnswerSchema } from "./heads.ts";
import type { HeadGetAnswer, HeadPutAnswer, TowerHead } from "./heads.ts";
import {
  answerDigest,
  isSignedBy,
  requestDigest,
  signedAnswerSchema,
  towerAnswerSchema,
} from "./signatures.ts";
import type { SignedRequest, TowerAnswer, TowerKey } from "./signatures.ts";

/**
 * `tower_unreachable`: no answer that the tower has signed; the request may have been carried out. `tower_refused`: the
 * tower answered and did nothing.
 */
export type TowerFailureCode = "tower_unreachable" | "tower_refused";

/** A client of one watchtower with one key. Requests are sent one at a time, because their sequence has to increase. */
export type TowerClient = {
  readonly call: <Value>(
    action: string,
    body: unknown,
    answer: z.ZodType<Value>,
  ) => Promise<Result<Value, TowerFailureCode>>;
  readonly putHead: (head: TowerHead) => Promise<Result<HeadPutAnswer, TowerFailureCode>>;
  readonly getHead: () => Promise<Result<HeadGetAnswer, TowerFailureCode>>;
};

export type TowerClientOptions = {
  readonly address: TowerAddress;
  readonly key: TowerKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
};

/** Clients with one key whose requests overtake one another are few, and send seldom. */
const maxAttempts = 4;

export function createTowerClient(options: TowerClientOptions): TowerClient {
  const { address, key, now, timeoutMs = 10_000 } = options;
  const send = options.fetch ?? fetch;
  let lastSequence = 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function ask(action: string, body: string): Promise<TowerAnswer | undefined> {
    // the time orders the requests of all runs and devices; a tower that has seen more tells
    lastSequence = Math.max(lastSequence + 1, now());
    const unsigned = {
      tower: address.key,
      key: key.publicKey,
      sequence: lastSequence,
      action,
      body,
    };
    const request: SignedRequest = { ...unsigned, signature: key.sign(requestDigest(unsigned)) };
    try {
      const response = await send(`${address.url}/v1/requests`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const answer = signedAnswerSchema.safeParse(await response.json());
      if (!answer.success) return undefined;
      const { body: text, signature } = answer.data;
      if (!isSignedBy(address.key, answerDigest(request, text), signature)) return undefined;
      const content = towerAnswerSchema.safeParse(JSON.parse(text));
      return content.success ? content.data : undefined;
    } catch {
      return undefined;
    }
  }

  /** Repeats a request whose sequence another client with this key has overtaken. */
  async function askInOrder(action: string, body: string): Promise<TowerAnswer | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(action, body);
      if (answer?.status !== "refused" || answer.lastSequence === undefined) return answer;
      lastSequence = Math.max(lastSequence, answer.lastSequence);
      if (attempt === maxAttempts) return answer;
    }
  }

  async function call<Value>(
    action: string,
    body: unknown,
    schema: z.ZodType<Value>,
  ): Promise<Result<Value, TowerFailureCode>> {
    const asked = queue.then(() => askInOrder(action, JSON.stringify(body)));
    queue = asked;
    const answer = await asked;
    if (answer?.status === "refused")
      return err("tower_refused", `The watchtower refused: ${answer.message}`, "safe");
    const value = answer === undefined ? undefined : schema.safeParse(answer.value);
    return value?.success === true
      ? ok(value.data)
      : err("tower_unreachable", "The watchtower gave no usable answer.", "unknown");
  }

  return {
    call,
    putHead: (head) => call(headActions.put, head, headPutAnswerSchema),
    getHead: () => call(headActions.get, {}, headGetAnswerSchema),
  };
}
