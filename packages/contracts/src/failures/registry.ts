import type { FailureCode, FailureCodes, Severity } from "./failure-code.ts";
import {
  actFailures,
  apiFailures,
  caseFailures,
  engineFailures,
  orderFailures,
  paymentFailures,
} from "./operator.ts";
import { restFailures } from "./rest.ts";
import {
  appFailures,
  cliFailures,
  clientFailures,
  lightningFailures,
  moneyFailures,
  portFailures,
  walletFailures,
} from "./wallet.ts";
import { watchtowerFailures } from "./watchtower.ts";

/** Every failure code of our own, in the order of docs/errors.md, which is generated from it. A code is in one group. */
export const failureGroups = {
  rest: restFailures,
  client: clientFailures,
  engine: engineFailures,
  payment: paymentFailures,
  lightning: lightningFailures,
  order: orderFailures,
  case: caseFailures,
  act: actFailures,
  api: apiFailures,
  money: moneyFailures,
  wallet: walletFailures,
  watchtower: watchtowerFailures,
  port: portFailures,
  app: appFailures,
  cli: cliFailures,
} as const satisfies Readonly<Record<string, FailureCodes>>;

export type FailureGroup = keyof typeof failureGroups;

const entries: ReadonlyMap<string, FailureCode> = new Map(
  Object.values<FailureCodes>(failureGroups).flatMap((group) => Object.entries(group)),
);

/** Codes made of a fixed part and a value from elsewhere. */
export const failureFamilies = [
  {
    name: "mpesa_<code>",
    pattern: /^mpesa_/,
    severity: "info",
    meaning: "M-Pesa refused a payment with this result code; see docs/provider-codes.md.",
  },
  {
    name: "http_<status>",
    pattern: /^http_\d+$/,
    severity: "warn",
    meaning: "M-Pesa's gateway answered with this HTTP status and without a readable body.",
  },
  {
    name: "grpc_<status>",
    pattern: /^grpc_/,
    severity: "warn",
    meaning:
      "The status comes from gRPC itself, not from the engine's handlers; the call may not have arrived.",
  },
  {
    name: "<key>_taken",
    pattern: /_taken$/,
    severity: "error",
    meaning: "A receipt or id of M-Pesa's belongs to another order.",
  },
  {
    name: "<decision>_by_operator",
    pattern: /_by_operator$/,
    severity: "info",
    meaning: "An operator resolved the case with this decision.",
  },
  {
    name: "order_<state>",
    pattern: /^order_/,
    severity: "info",
    meaning: "Terminal: the order ended in this state without an exchange.",
  },
  {
    name: "payment_<failure>",
    pattern: /^payment_/,
    severity: "info",
    meaning: "Terminal: the payment failed for this reason.",
  },
] as const satisfies readonly {
  readonly name: string;
  readonly pattern: RegExp;
  readonly severity: Severity;
  readonly meaning: string;
}[];

/** The registry's entry of a code, or its family's; undefined for a code that is not ours, for example a provider's. */
export function findFailureCode(code: string): FailureCode | undefined {
  return entries.get(code) ?? failureFamilies.find(({ pattern }) => pattern.test(code));
}

const logLevels = { info: "info", warn: "warn", error: "error", critical: "fatal" } as const;

/** The log level of a failure's severity; `error` for a code that is not registered. */
export function logLevelOf(code: string): (typeof logLevels)[Severity] {
  return logLevels[findFailureCode(code)?.severity ?? "error"];
}
