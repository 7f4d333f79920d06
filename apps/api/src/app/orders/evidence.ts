import { msat } from "@satsconnect/money";
import type { Fact, LightningReport } from "../../domain/facts.ts";
import type { Evidence, PayoutRail, StkRail } from "./ports.ts";

/** Converts a piece of evidence to a fact. Pure: the same bytes always give the same fact. */
export function evidenceFact(
  { stk, payouts }: { readonly stk: StkRail; readonly payouts: PayoutRail },
  { kind, body }: Evidence,
): Fact {
  switch (kind) {
    case "prompt": {
      const callback = stk.readCallback(body);
      return callback === null ? unreadable : { type: "prompt_called_back", callback };
    }
    case "payout": {
      const result = payouts.readResult(body);
      return result === null ? unreadable : { type: "payout_resulted", result };
    }
    case "payout-timeout":
      return { type: "payout_timed_out" };
    case "status": {
      const result = payouts.readStatusResult(body);
      return result === null ? unreadable : { type: "status_resulted", result };
    }
    case "status-timeout":
      return { type: "status_timed_out" };
    case "lightning": {
      const report = readLightningEvidence(body);
      return report === null
        ? unreadable
        : { type: "lightning_reported", answer: { ok: true, value: report } };
    }
  }
}

const unreadable: Fact = { type: "evidence_unreadable" };

/** Serializes a late payment event as evidence, so that its consequences survive a crash. */
export function writeLightningEvidence(report: LightningReport) {
  const { paymentHash, direction, state, receivedMsat, feeMsat } = report;
  return JSON.stringify({
    ...{ paymentHash, direction, state },
    ...{ receivedMsat: String(receivedMsat), feeMsat: String(feeMsat) },
  });
}

/** Evidence stored by earlier versions has neither `direction` nor `feeMsat`, and its state is `held`. */
function readLightningEvidence(body: string): LightningReport | null {
  const value: unknown = JSON.parse(body);
  if (typeof value !== "object" || value === null) return null;
  if (!("paymentHash" in value) || !("state" in value) || !("receivedMsat" in value)) return null;
  const { paymentHash, state, receivedMsat } = value;
  if (typeof paymentHash !== "string" || (state !== "held" && state !== "succeeded")) return null;
  return {
    paymentHash,
    direction: "direction" in value && value.direction === "outbound" ? "outbound" : "inbound",
    state,
    receivedMsat: msat(BigInt(String(receivedMsat))),
    feeMsat: msat("feeMsat" in value ? BigInt(String(value.feeMsat)) : 0n),
    failure: null,
    claimDeadlineHeight: 0,
    tipHeight: 0,
  };
}
