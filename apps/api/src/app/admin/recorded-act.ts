import type { LogEntry, RecordedAct } from "@satsconnect/contracts/admin";

/** An act that was proposed, as its proposal's `body` has it in canonical JSON. */
export type ProposalBody = Pick<
  RecordedAct,
  "subject" | "act" | "amountKesCents" | "postings" | "reason" | "needsSecondPerson" | "expiresAt"
> & { readonly actId: string; readonly proposedBy: string; readonly network: string };

/** How an act ended. */
type OutcomeBody = NonNullable<RecordedAct["outcome"]>;

const ends: ReadonlySet<LogEntry["step"]> = new Set(["executed", "refused", "declined", "expired"]);

export function isEnd(step: LogEntry["step"]): boolean {
  return ends.has(step);
}

/** Puts an act together from its log entries, of which one is its proposal. Null if the proposal is missing. */
export function recordedAct(entries: readonly LogEntry[]): RecordedAct | null {
  const proposed = entries.find(({ step }) => step === "proposed");
  if (proposed?.operator === undefined || proposed.operator === null || proposed.via === "system")
    return null;
  const approved = entries.find(({ step }) => step === "approved");
  const end = entries.find(({ step }) => isEnd(step));
  const body = JSON.parse(proposed.body) as ProposalBody;
  return {
    id: body.actId,
    type: body.act.type,
    status: end === undefined ? "waiting" : (end.step as RecordedAct["status"]),
    subject: body.subject,
    act: body.act,
    amountKesCents: body.amountKesCents,
    postings: body.postings,
    reason: body.reason,
    canonical: proposed.body,
    needsSecondPerson: body.needsSecondPerson,
    proposedBy: proposed.operator,
    via: proposed.via,
    proposedAt: proposed.at,
    expiresAt: body.expiresAt,
    approvedBy: approved?.operator ?? null,
    approvedAt: approved?.at ?? null,
    outcome: end === undefined ? null : (JSON.parse(end.body) as OutcomeBody),
    endedAt: end?.at ?? null,
  };
}
