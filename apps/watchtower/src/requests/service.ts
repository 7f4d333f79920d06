import {
  answerDigest,
  isSignedBy,
  requestDigest,
  signedRequestSchema,
} from "@satsconnect/contracts/watchtower";
import type {
  SignedAnswer,
  SignedRequest,
  TowerAnswer,
  TowerKey,
} from "@satsconnect/contracts/watchtower";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { requestPolicy } from "../policy.ts";
import type { Database } from "../store/database.ts";
import type { Wallets } from "../store/wallets.ts";
import type { Actions } from "./actions.ts";
import { Budget } from "./budget.ts";

/** Refusals that are not signed: whoever sent this is not known to own the key, or has to wait. */
export type UnsignedRefusal =
  | "tower_request_malformed"
  | "tower_key_differs"
  | "tower_signature_invalid"
  | "tower_rate_limited"
  | "tower_full";

export type RequestService = {
  /** @param range the client's address range; undefined where addresses mean nothing */
  readonly answer: (
    request: unknown,
    range: string | undefined,
  ) => Result<SignedAnswer, UnsignedRefusal>;
};

export type RequestServiceOptions = {
  readonly key: TowerKey;
  readonly database: Database;
  readonly wallets: Wallets;
  readonly actions: Actions;
  readonly now: () => number;
  readonly newWalletsPerHour: number;
  readonly maximumWallets: number;
};

/** Checks who sent a request, and that it is no replay; then runs its action and signs the answer. */
export function openRequestService(options: RequestServiceOptions): RequestService {
  const { key, database, wallets, actions, now, maximumWallets } = options;
  const perKey = new Budget(requestPolicy.requestsPerMinuteAndKey, 60_000, now);
  const newWallets = new Budget(options.newWalletsPerHour, 3_600_000, now);

  function admit(request: SignedRequest, range: string | undefined): Result<void, UnsignedRefusal> {
    if (!perKey.take(request.key)) return tooMany();
    if (wallets.has(request.key)) return ok(undefined);
    if (!newWallets.take(range ?? "")) return tooMany();
    return wallets.count() < maximumWallets
      ? ok(undefined)
      : err("tower_full", "The watchtower accepts no more wallets.", "safe");
  }

  function run(request: SignedRequest): TowerAnswer {
    const action = Object.hasOwn(actions, request.action) ? actions[request.action] : undefined;
    const body = parseJson(request.body);
    if (action === undefined || body === undefined) {
      const message = "The watchtower does not know this action, or its parameters are not JSON.";
      return { status: "refused", code: "tower_request_invalid", message };
    }
    return database.transaction((): TowerAnswer => {
      const used = wallets.useSequence(request.key, request.sequence, now());
      if (!used.ok) {
        const { code, message } = used.error;
        const { lastSequence = 0 } = used;
        return { status: "refused", code, message, lastSequence };
      }
      const result = action(body.value, { key: request.key, now: now() });
      if (result.ok) return { status: "ok", value: result.value };
      const { code, message } = result.error;
      return { status: "refused", code, message };
    });
  }

  return {
    answer(input, range) {
      const parsed = signedRequestSchema.safeParse(input);
      if (!parsed.success)
        return err("tower_request_malformed", "This is not a signed request.", "never");
      const request = parsed.data;
      if (request.tower !== key.publicKey)
        return err("tower_key_differs", "This request is meant for another watchtower.", "never");
      if (!isSignedBy(request.key, requestDigest(request), request.signature))
        return err("tower_signature_invalid", "The signature is not valid.", "never");
      const admitted = admit(request, range);
      if (!admitted.ok) return admitted;
      const body = JSON.stringify(run(request));
      return ok({ body, signature: key.sign(answerDigest(request, body)) });
    },
  };
}

function tooMany() {
  return err("tower_rate_limited", "Too many requests. Try again in a minute.", "safe");
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
