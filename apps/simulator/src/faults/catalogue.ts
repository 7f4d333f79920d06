import { z } from "zod";
import type { DeliveryPlan, Outcome, Refusal } from "./plan.ts";

/** The APIs that a fault can be enabled for. */
export const faultApis = [
  "oauth",
  "stk",
  "stk_query",
  "b2c",
  "transaction_status",
  "account_balance",
  "reversal",
  "hakikisha",
  "pull",
] as const;
export type FaultApi = (typeof faultApis)[number];

/** One fault of each category applies to a request; faults of different categories combine. */
export type FaultCategory = "gateway" | "outcome" | "delivery";

export type FaultParameters = {
  readonly code?: string | undefined;
  readonly seconds?: number | undefined;
  readonly copies?: number | undefined;
};

export const faultParametersSchema = z.strictObject({
  /** A result code, for `result_code`. */
  code: z
    .string()
    .regex(/^(?!0$)[A-Za-z0-9_]{1,20}$/)
    .optional(),
  seconds: z.number().min(0).max(3600).optional(),
  copies: z.int().min(0).max(20).optional(),
});

/**
 * A fault's effect. `before`: the request is refused without effect. `after`: it is executed, but the answer is an error
 * or missing.
 */
type Effect = {
  readonly before?: Refusal;
  readonly after?: Refusal;
  readonly outcome?: Outcome;
  /** Applies unless an outcome fault is enabled as well. */
  readonly impliedOutcome?: Outcome;
  readonly delivery?: Partial<DeliveryPlan>;
  /** Revokes the request's bearer token first. */
  readonly revokeToken?: boolean;
};

type FaultEntry = {
  readonly category: FaultCategory;
  readonly apis: readonly FaultApi[];
  readonly takes: readonly (keyof FaultParameters)[];
  readonly en: string;
  readonly sw: string;
  readonly effect: (parameters: FaultParameters) => Effect;
};

const everywhere = faultApis;
const asynchronous = ["stk", "b2c", "transaction_status", "account_balance", "reversal"] as const;
const payments = ["stk", "b2c"] as const;
const approved: Outcome = { type: "approve" };

function milliseconds({ seconds }: FaultParameters, defaultSeconds: number): number {
  return Math.round((seconds ?? defaultSeconds) * 1000);
}

function error(status: number, code: string, message: string): Refusal {
  return { type: "error", status, code, message };
}

const internalError = error(500, "500.003.1001", "Internal Server Error");

const faultCatalogue = {
  spike_arrest: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "Spike arrest: refused by the gateway, nothing happened",
    sw: "Maombi mengi mno: imekataliwa langoni, hakuna kilichofanyika",
    effect: () => ({ before: error(500, "500.003.02", "Error Occurred: Spike Arrest Violation") }),
  },
  spike_arrest_apigee: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "Spike arrest in Apigee's own format (429)",
    sw: "Maombi mengi mno, kwa maneno ya Apigee (429)",
    effect: () => ({
      before: {
        type: "apigee",
        status: 429,
        code: "policies.ratelimit.SpikeArrestViolation",
        message: "Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5}",
      },
    }),
  },
  quota: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "Quota exceeded: refused by the gateway",
    sw: "Kiwango kimeisha: imekataliwa langoni",
    effect: () => ({ before: error(500, "500.003.03", "Error Occurred: Quota Violation") }),
  },
  maintenance: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "Maintenance: nothing happened, but the answer does not say so",
    sw: "Matengenezo: hakuna kilichofanyika, lakini hakuna anayesema",
    effect: () => ({
      before: error(
        500,
        "500.002.1001",
        "Service is currently under maintenance. Please try again later",
      ),
    }),
  },
  internal_error: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "Error 500, nothing happened",
    sw: "Hitilafu 500, na hakuna kilichofanyika",
    effect: () => ({ before: internalError }),
  },
  html_403: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "A firewall page (403), nothing happened",
    sw: "Ukurasa wa firewall (403), hakuna kilichofanyika",
    effect: () => ({ before: { type: "html", status: 403 } }),
  },
  html_502: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "A proxy error page (502), nothing happened",
    sw: "Ukurasa wa proxy (502), hakuna kilichofanyika",
    effect: () => ({ before: { type: "html", status: 502 } }),
  },
  connection_reset: {
    category: "gateway",
    apis: everywhere,
    takes: [],
    en: "Connection reset, nothing happened",
    sw: "Muunganisho umekatwa, hakuna kilichofanyika",
    effect: () => ({ before: { type: "reset" } }),
  },
  silence: {
    category: "gateway",
    apis: everywhere,
    takes: ["seconds"],
    en: "No answer, nothing happened",
    sw: "Hakuna jibu lolote, hakuna kilichofanyika",
    effect: (parameters) => ({
      before: { type: "silence", forMs: milliseconds(parameters, 120) },
    }),
  },
  token_revoked: {
    category: "gateway",
    apis: everywhere.filter((api) => api !== "oauth"),
    takes: [],
    en: "The access token is revoked: the API's own token error",
    sw: "Tokeni imebatilishwa: kosa la tokeni la API yenyewe",
    effect: () => ({ revokeToken: true }),
  },
  subscriber_locked: {
    category: "gateway",
    apis: ["stk"],
    takes: [],
    en: "Unable to lock subscriber: another push is open",
    sw: "Mteja ana ombi lingine lililo wazi",
    effect: () => ({
      before: error(
        500,
        "500.001.1001",
        "Unable to lock subscriber, a transaction is already in process for the current subscriber",
      ),
    }),
  },
  answered_500_but_done: {
    category: "gateway",
    apis: asynchronous,
    takes: [],
    en: "Answered with error 500, but carried out",
    sw: "Jibu ni hitilafu 500, ila imefanyika",
    effect: () => ({ after: internalError, impliedOutcome: approved }),
  },
  answered_html_502_but_done: {
    category: "gateway",
    apis: asynchronous,
    takes: [],
    en: "Answered with a proxy error page (502), but carried out",
    sw: "Jibu ni ukurasa wa 502, ila imefanyika",
    effect: () => ({ after: { type: "html", status: 502 }, impliedOutcome: approved }),
  },
  unanswered_but_done: {
    category: "gateway",
    apis: asynchronous,
    takes: ["seconds"],
    en: "Not answered, but carried out",
    sw: "Hakuna jibu, ila imefanyika",
    effect: (parameters) => ({
      after: { type: "silence", forMs: milliseconds(parameters, 120) },
      impliedOutcome: approved,
    }),
  },
  reset_but_done: {
    category: "gateway",
    apis: asynchronous,
    takes: [],
    en: "Connection reset, but carried out",
    sw: "Muunganisho umekatwa, ila imefanyika",
    effect: () => ({ after: { type: "reset" }, impliedOutcome: approved }),
  },
  success: {
    category: "outcome",
    apis: ["stk"],
    takes: [],
    en: "The customer enters the right PIN automatically",
    sw: "Mteja anaweka PIN sahihi mwenyewe",
    effect: () => ({ outcome: approved }),
  },
  cancelled: {
    category: "outcome",
    apis: ["stk"],
    takes: [],
    en: "The customer cancels (1032)",
    sw: "Mteja anaghairi (1032)",
    effect: () => ({ outcome: { type: "cancel" } }),
  },
  timed_out: {
    category: "outcome",
    apis: ["stk"],
    takes: [],
    en: "The phone cannot be reached (1037)",
    sw: "Simu haipatikani (1037)",
    effect: () => ({ outcome: { type: "unreachable", lateSuccessAfterMs: null } }),
  },
  late_success: {
    category: "outcome",
    apis: ["stk"],
    takes: ["seconds"],
    en: "1037 first, paid afterwards",
    sw: "1037 kwanza, kisha ikalipwa",
    effect: (parameters) => ({
      outcome: { type: "unreachable", lateSuccessAfterMs: milliseconds(parameters, 10) },
    }),
  },
  wrong_pin: {
    category: "outcome",
    apis: ["stk"],
    takes: [],
    en: "Wrong PIN (2001)",
    sw: "PIN si sahihi (2001)",
    effect: () => ({ outcome: { type: "result", code: "2001" } }),
  },
  insufficient: {
    category: "outcome",
    apis: [...payments, "reversal"],
    takes: [],
    en: "Insufficient balance (1)",
    sw: "Pesa hazitoshi (1)",
    effect: () => ({ outcome: { type: "result", code: "1" } }),
  },
  rule_limited: {
    category: "outcome",
    apis: ["stk"],
    takes: [],
    en: "Same amount within two minutes (17)",
    sw: "Kiasi kilekile ndani ya dakika mbili (17)",
    effect: () => ({ outcome: { type: "result", code: "17" } }),
  },
  result_code: {
    category: "outcome",
    apis: [...payments, "reversal"],
    takes: ["code"],
    en: "Declined with a result code of your choice",
    sw: "Imekataliwa kwa msimbo unaouchagua",
    effect: ({ code }) => ({ outcome: { type: "result", code: code ?? "2001" } }),
  },
  never_processed: {
    category: "outcome",
    apis: asynchronous,
    takes: [],
    en: "Acknowledged but never processed",
    sw: "Imepokewa na haishughulikiwi kamwe",
    effect: () => ({ outcome: { type: "never" } }),
  },
  callback_lost: {
    category: "delivery",
    apis: asynchronous,
    takes: [],
    en: "The callback is never sent",
    sw: "Callback haitumwi kamwe",
    effect: () => ({ delivery: { copies: 0 } }),
  },
  callback_repeated: {
    category: "delivery",
    apis: asynchronous,
    takes: ["copies"],
    en: "The callback is sent several times",
    sw: "Callback inakuja mara kadhaa",
    effect: ({ copies }) => ({ delivery: { copies: copies ?? 2 } }),
  },
  callback_late: {
    category: "delivery",
    apis: asynchronous,
    takes: ["seconds"],
    en: "The callback is delayed",
    sw: "Callback inachelewa",
    effect: (parameters) => ({ delivery: { extraDelayMs: milliseconds(parameters, 30) } }),
  },
  callback_before_acknowledgement: {
    category: "delivery",
    apis: asynchronous,
    takes: [],
    en: "The callback arrives before the answer to the request",
    sw: "Callback inakuja kabla ya jibu letu",
    effect: () => ({ delivery: { beforeAcknowledgement: true }, impliedOutcome: approved }),
  },
  callback_forged: {
    category: "delivery",
    apis: payments,
    takes: [],
    en: "A forged callback claims success first",
    sw: "Mtu mwingine anadai imefaulu kwanza",
    effect: () => ({ delivery: { forgedFirst: true } }),
  },
  callback_wrong_amount: {
    category: "delivery",
    apis: payments,
    takes: [],
    en: "The callback has a wrong amount",
    sw: "Callback inataja kiasi kingine",
    effect: () => ({ delivery: { alteration: "amount" } }),
  },
  callback_masked_phone: {
    category: "delivery",
    apis: ["stk"],
    takes: [],
    en: "The phone number in the callback is masked",
    sw: "Nambari ya simu kwenye callback imefichwa",
    effect: () => ({ delivery: { alteration: "masked_phone" } }),
  },
  callback_amount_as_text: {
    category: "delivery",
    apis: ["stk"],
    takes: [],
    en: "The amount in the callback is a string",
    sw: "Kiasi kwenye callback ni maandishi",
    effect: () => ({ delivery: { alteration: "amount_as_text" } }),
  },
  callback_reordered: {
    category: "delivery",
    apis: ["stk"],
    takes: [],
    en: "The callback's items are reordered, with an empty Balance",
    sw: "Vipengele vya callback viko kwa mpangilio mwingine, na Balance tupu",
    effect: () => ({ delivery: { alteration: "reordered" } }),
  },
  queue_timeout_then_result: {
    category: "delivery",
    apis: ["b2c", "transaction_status", "account_balance", "reversal"],
    takes: ["seconds"],
    en: "Queue timeout first, the real result later",
    sw: "Queue time-out kwanza, matokeo ya kweli baadaye",
    effect: (parameters) => ({
      delivery: { queueTimeoutFirst: true, extraDelayMs: milliseconds(parameters, 10) },
    }),
  },
  queue_timeout_then_nothing: {
    category: "delivery",
    apis: ["b2c", "transaction_status", "account_balance", "reversal"],
    takes: [],
    en: "Queue timeout, never a result",
    sw: "Queue time-out, na hakuna matokeo kamwe",
    effect: () => ({ delivery: { queueTimeoutFirst: true, copies: 0 } }),
  },
  lines_late: {
    category: "delivery",
    apis: ["pull"],
    takes: ["seconds"],
    en: "Payments are listed late",
    sw: "Malipo yanaorodheshwa kwa kuchelewa",
    effect: (parameters) => ({ delivery: { extraDelayMs: milliseconds(parameters, 600) } }),
  },
  lines_repeated: {
    category: "delivery",
    apis: ["pull"],
    takes: ["copies"],
    en: "Each payment is listed several times",
    sw: "Kila malipo yanaorodheshwa mara kadhaa",
    effect: ({ copies }) => ({ delivery: { copies: copies ?? 2 } }),
  },
  lines_reordered: {
    category: "delivery",
    apis: ["pull"],
    takes: [],
    en: "Payments are listed out of order",
    sw: "Malipo yanaorodheshwa bila mpangilio",
    effect: () => ({ delivery: { alteration: "reordered" } }),
  },
  lines_masked: {
    category: "delivery",
    apis: ["pull"],
    takes: [],
    en: "The payers' numbers are masked",
    sw: "Nambari za walipaji zimefichwa",
    effect: () => ({ delivery: { alteration: "masked_phone" } }),
  },
} as const satisfies Record<string, FaultEntry>;

export type FaultKind = keyof typeof faultCatalogue;

export function isFaultKind(value: string): value is FaultKind {
  return Object.hasOwn(faultCatalogue, value);
}

export function faultEntry(kind: FaultKind): FaultEntry {
  return faultCatalogue[kind];
}

export const faultKinds: readonly FaultKind[] = Object.keys(faultCatalogue).filter(isFaultKind);
