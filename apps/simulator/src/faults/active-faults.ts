import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "../store/database.ts";
import { integer, integerOrNull, text, textOrNull, word } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";
import {
  faultApis,
  faultEntry,
  faultKinds,
  faultParametersSchema,
  isFaultKind,
} from "./catalogue.ts";
import type { FaultApi, FaultCategory, FaultKind, FaultParameters } from "./catalogue.ts";
import { defaultPlan } from "./plan.ts";
import type { Plan, Refusal } from "./plan.ts";

/** An enabled fault: for every customer or one number, until disabled or for a number of requests. */
export type Fault = {
  readonly id: number;
  readonly api: FaultApi;
  readonly kind: FaultKind;
  readonly parameters: FaultParameters;
  readonly msisdn: string | null;
  /** Number of requests that it still applies to; null if it applies until it is disabled. */
  readonly remaining: number | null;
  readonly used: number;
};

export function enableFault(
  database: Database,
  now: number,
  fault: Pick<Fault, "api" | "kind" | "parameters" | "msisdn" | "remaining">,
): Result<Fault, "fault_not_for_api"> {
  const entry = faultEntry(fault.kind);
  if (!entry.apis.includes(fault.api)) {
    return err(
      "fault_not_for_api",
      `The fault ${fault.kind} is for ${entry.apis.join(", ")}, not for ${fault.api}.`,
      "never",
    );
  }
  const { id } = database.run(
    "INSERT INTO fault (api, kind, parameters, msisdn, remaining, created_at) VALUES (?, ?, ?, ?, ?, ?)",
    fault.api,
    fault.kind,
    JSON.stringify(fault.parameters),
    fault.msisdn,
    fault.remaining,
    now,
  );
  return ok({ ...fault, id, used: 0 });
}

/** @returns whether it was enabled. */
export function disableFault(database: Database, id: number): boolean {
  return database.run("DELETE FROM fault WHERE id = ?", id).changes === 1;
}

export function disableAllFaults(database: Database): number {
  return database.run("DELETE FROM fault").changes;
}

export function listFaults(database: Database): readonly Fault[] {
  return database.all("SELECT * FROM fault ORDER BY id").map(fromRow);
}

/** The fault of each category for one request: the most specific one, and of several the oldest. */
function faultsFor(
  database: Database,
  api: FaultApi,
  msisdn: string | null,
): Readonly<Partial<Record<FaultCategory, Fault>>> {
  const found: Partial<Record<FaultCategory, Fault>> = {};
  const rows = database.all(
    `SELECT * FROM fault WHERE api = ? AND (msisdn IS NULL OR msisdn = ?)
     ORDER BY msisdn IS NULL, remaining IS NULL, id`,
    api,
    msisdn,
  );
  for (const fault of rows.map(fromRow)) found[faultEntry(fault.kind).category] ??= fault;
  return found;
}

/** Counts one use, and disables a fault that has reached its number of requests. */
export function useFault(database: Database, fault: Fault): void {
  if (fault.remaining !== null && fault.remaining <= 1) {
    disableFault(database, fault.id);
    return;
  }
  database.run(
    "UPDATE fault SET used = used + 1, remaining = remaining - 1 WHERE id = ?",
    fault.id,
  );
}

export type RequestFaults = {
  readonly before: { readonly fault: Fault; readonly refusal: Refusal } | null;
  readonly after: Refusal | null;
  readonly revokeToken: Fault | null;
  readonly plan: Plan;
  /** The faults whose use must be counted if the request is accepted. */
  readonly used: readonly Fault[];
};

/** Combines the enabled faults for one request. Does not count their use. */
export function resolveFaults(
  database: Database,
  api: FaultApi,
  msisdn: string | null,
): RequestFaults {
  const found = faultsFor(database, api, msisdn);
  const faults = [found.gateway, found.outcome, found.delivery].filter(
    (fault) => fault !== undefined,
  );
  let before: RequestFaults["before"] = null;
  let after: Refusal | null = null;
  let revokeToken: Fault | null = null;
  let plan: Plan = { ...defaultPlan, faults: faults.map(({ kind }) => kind) };
  let implied: Plan["outcome"] | undefined;
  for (const fault of faults) {
    const effect = faultEntry(fault.kind).effect(fault.parameters);
    if (effect.before !== undefined) before = { fault, refusal: effect.before };
    if (effect.after !== undefined) after = effect.after;
    if (effect.revokeToken === true) revokeToken = fault;
    if (effect.outcome !== undefined) plan = { ...plan, outcome: effect.outcome };
    implied ??= effect.impliedOutcome;
    if (effect.delivery !== undefined) {
      plan = { ...plan, delivery: { ...plan.delivery, ...effect.delivery } };
    }
  }
  if (implied !== undefined && plan.outcome.type === "real") plan = { ...plan, outcome: implied };
  return {
    before,
    after,
    revokeToken,
    plan,
    used: faults.filter((fault) => fault !== revokeToken && fault !== before?.fault),
  };
}

function fromRow(row: Row): Fault {
  const kind = text(row, "kind");
  if (!isFaultKind(kind))
    throw new TypeError(`Unknown fault ${kind}; known faults: ${faultKinds.join(", ")}`);
  const parameters: unknown = JSON.parse(text(row, "parameters"));
  return {
    id: integer(row, "id"),
    api: word(row, "api", faultApis),
    kind,
    parameters: faultParametersSchema.parse(parameters),
    msisdn: textOrNull(row, "msisdn"),
    remaining: integerOrNull(row, "remaining"),
    used: integer(row, "used"),
  };
}
