import { b2cResultCodes, findCode } from "@satsconnect/contracts/mpesa/result-codes";
import type { Logger } from "../logger.ts";
import type { PayoutRail } from "../orders/ports.ts";
import type { AlarmCheck } from "./alarms.ts";
import type { AlarmStore } from "./money-checks.ts";

type Store = Pick<AlarmStore, "railFaults" | "addRailFault" | "clearRailFaults">;

/** Needs a person at once: every payout fails until the credentials are unlocked. */
const critical: ReadonlySet<string> = new Set([
  "operator_credentials_locked",
  "operator_credentials_refused",
  "operator_float_empty",
]);

export type RailFaults = {
  /** The rail, of which every result is watched. */
  readonly payouts: PayoutRail;
  readonly check: AlarmCheck;
};

/**
 * Watches the results of payouts for refusals that concern the operator's own account, such as 8006 (the initiator is
 * locked). One lasts until a payout succeeds.
 */
export function watchRailFaults(
  payouts: PayoutRail,
  store: Store,
  now: () => number,
  log: Logger,
): RailFaults {
  let hasFaults = false;

  function observe(result: { readonly status: string; readonly code: string } | null): void {
    if (result === null) return;
    const fault = faultOf(result.code);
    if (fault === null && (result.status !== "succeeded" || !hasFaults)) return;
    hasFaults = fault !== null;
    const stored =
      fault === null ? store.clearRailFaults() : store.addRailFault(result.code, now());
    stored.catch((error: unknown) => log.warn({ error }, "fault of a rail not stored"));
  }

  return {
    payouts: {
      ...payouts,
      readResult: (body) => {
        const result = payouts.readResult(body);
        observe(result);
        return result;
      },
    },
    check: {
      name: "payouts",
      find: async () => {
        const faults = await store.railFaults();
        hasFaults = faults.length > 0;
        return faults.map(({ code, since }) => {
          const fault = faultOf(code) ?? "unknown";
          return {
            name: "payouts_refused",
            subject: fault,
            severity: critical.has(fault) ? "critical" : "warning",
            since,
            detail: `M-Pesa refuses payouts with code ${code}; docs/provider-codes.md says what to do. It ends when a payout succeeds.`,
          };
        });
      },
    },
  };
}

function faultOf(code: string): string | null {
  const reason = findCode<{ readonly reason: string }>(b2cResultCodes, code)?.reason;
  return reason?.startsWith("operator_") === true ? reason : null;
}
