import { actChallenge, canonicalJson } from "@satsconnect/contracts/admin";
import type {
  Act,
  ActResult,
  LogSignature,
  PasskeyAssertion,
  Posting,
  RecordedAct,
} from "@satsconnect/contracts/admin";
import { err, ok } from "@satsconnect/money";
import type { Failure, Fiat, Result } from "@satsconnect/money";
import type { Logger } from "../logger.ts";
import type { ActLog, AdminPrincipal, NewLogEntry, OperatorStore } from "./ports.ts";
import type { Passkeys } from "./passkeys.ts";
import type { ProposalBody } from "./recorded-act.ts";

type Subject = RecordedAct["subject"];

/** An act that somebody wants, before the log decides whether a second person is needed. */
export type Proposal = {
  readonly id: string;
  readonly subject: Subject;
  readonly act: Act;
  readonly amountKesCents: Fiat<"KES">;
  readonly postings: readonly Posting[];
  readonly reason: string;
  /** `limit`: by the amount. `passkey`: unless the proposer has a certificate. */
  readonly secondPerson: "limit" | "passkey" | "always" | "never";
  /** A refusal that is known already; it is logged, and nothing is carried out. */
  readonly refusal: Failure | null;
};

/** Carries an act out. Must be safe to repeat with the same `act.id`: a process may stop in the middle. */
export type ActExecutor = (
  act: RecordedAct,
) => Promise<Result<{ readonly message: string; readonly enrolment?: ActResult["enrolment"] }>>;

type ActExecutors = Readonly<Partial<Record<Subject["kind"], ActExecutor>>>;

export type Acts = {
  /**
   * Logs the act, and carries it out if no second person is needed. Repeating it with the same id returns the recorded
   * act. Errors: `act_id_reused`, and the reason of a refusal, which is in the log too.
   */
  readonly propose: (proposal: Proposal, by: AdminPrincipal) => Promise<Result<ActResult>>;
  readonly approvalOptions: (
    actId: string,
    by: AdminPrincipal,
  ) => Promise<Result<{ canonical: string; options: Record<string, unknown> }>>;
  /** Checks the signature over the act, logs it and carries the act out. */
  readonly approve: (
    actId: string,
    assertion: PasskeyAssertion,
    by: AdminPrincipal,
  ) => Promise<Result<ActResult>>;
  readonly decline: (
    actId: string,
    reason: string,
    by: AdminPrincipal,
  ) => Promise<Result<RecordedAct>>;
  readonly find: (actId: string) => Promise<Result<RecordedAct, "act_not_found">>;
  readonly list: ActLog["list"];
  readonly readLog: ActLog["read"];
  /** Whether the operator would need a second person for this amount now. */
  readonly needsSecondPerson: (amount: Fiat<"KES">, by: AdminPrincipal) => Promise<boolean>;
  /** Carries out decided acts that a stopped process left behind, and ends acts that nobody approved in time. */
  readonly tidy: () => Promise<void>;
};

export type ActsOptions = {
  readonly log: ActLog;
  readonly operators: OperatorStore;
  readonly passkeys: Passkeys;
  readonly executors: ActExecutors;
  /** One person may move at most this much in `aloneMs`. */
  readonly fourEyesKesCents: Fiat<"KES">;
  readonly network: string;
  readonly now: () => number;
  readonly logger: Logger;
};

const aloneMs = 24 * 60 * 60_000;
const proposalLifetimeMs = 24 * 60 * 60_000;
/** A decided act that has not ended after this was left behind by a process that stopped. */
const leftBehindMs = 60_000;

export function createActs(options: ActsOptions): Acts {
  const { log, passkeys, executors, now } = options;

  function logEntry(
    act: Pick<RecordedAct, "id" | "subject" | "amountKesCents" | "needsSecondPerson">,
    step: NewLogEntry["step"],
    by: AdminPrincipal | null,
    body: string,
    signature: LogSignature | null = null,
  ): NewLogEntry {
    return {
      actId: act.id,
      step,
      at: now(),
      operator: by?.operator ?? null,
      via: by?.via ?? "system",
      orderId: act.subject.kind === "order" ? act.subject.orderId : null,
      amountKesCents: BigInt(act.amountKesCents) as Fiat<"KES">,
      needsSecondPerson: act.needsSecondPerson,
      body,
      signature,
    };
  }

  async function find(actId: string): Promise<Result<RecordedAct, "act_not_found">> {
    const act = await log.find(actId);
    return act === null ? err("act_not_found", "There is no such act.", "never") : ok(act);
  }

  async function stored(actId: string): Promise<RecordedAct> {
    const act = await log.find(actId);
    if (act === null) throw new Error(`The act ${actId} is missing after it was logged`);
    return act;
  }

  /** Carries a decided act out and logs how it ended. */
  async function carryOut(act: RecordedAct, by: AdminPrincipal | null): Promise<Result<ActResult>> {
    const execute = executors[act.subject.kind];
    const outcome =
      execute === undefined
        ? err("act_not_possible", "This kind of act is not available here.", "never")
        : await execute(act);
    // It may have been carried out: the act stays decided, and `tidy` repeats it.
    if (!outcome.ok && outcome.error.retry === "unknown") return outcome;
    const body = outcome.ok
      ? { code: "executed", message: outcome.value.message }
      : { code: outcome.error.code, message: outcome.error.message };
    await log.append(logEntry(act, outcome.ok ? "executed" : "refused", by, canonicalJson(body)));
    if (!outcome.ok) return outcome;
    return ok({ act: await stored(act.id), enrolment: outcome.value.enrolment ?? null });
  }

  /** The answer to a repeated request. */
  function repeated(act: RecordedAct): Result<ActResult> {
    if (act.status === "refused" && act.outcome !== null)
      return err(act.outcome.code, act.outcome.message, "never");
    return ok({ act, enrolment: null });
  }

  function isSame(proposal: Proposal, act: RecordedAct, by: AdminPrincipal): boolean {
    return (
      canonicalJson(proposal.act) === canonicalJson(act.act) &&
      canonicalJson(proposal.subject) === canonicalJson(act.subject) &&
      proposal.reason === act.reason &&
      act.proposedBy.id === by.operator.id
    );
  }

  /** A waiting act that this operator may approve. */
  async function findApprovable(actId: string, by: AdminPrincipal): Promise<Result<RecordedAct>> {
    const found = await find(actId);
    if (!found.ok) return found;
    if (by.via !== "passkey")
      return err(
        "passkey_required",
        "An approval is a passkey's signature. Open the console and approve it there.",
        "never",
      );
    if (found.value.proposedBy.id === by.operator.id)
      return err(
        "second_person_required",
        "You proposed this act. Another operator must approve it.",
        "never",
      );
    if (!isWaiting(found.value) || Date.parse(found.value.expiresAt) <= now())
      return ended(found.value);
    return found;
  }

  return {
    propose: async (proposal, by) => {
      const existing = await log.find(proposal.id);
      if (existing !== null)
        return isSame(proposal, existing, by) ? repeated(existing) : idReused();
      const added = await log.append(
        (soFar) => {
          const needsSecondPerson = {
            limit: soFar + proposal.amountKesCents > options.fourEyesKesCents,
            passkey: by.via === "passkey",
            always: true,
            never: false,
          }[proposal.refusal === null ? proposal.secondPerson : "never"];
          const body: ProposalBody = {
            actId: proposal.id,
            subject: proposal.subject,
            act: proposal.act,
            amountKesCents: String(proposal.amountKesCents),
            postings: [...proposal.postings],
            reason: proposal.reason,
            needsSecondPerson,
            proposedBy: by.operator.name,
            expiresAt: new Date(now() + proposalLifetimeMs).toISOString(),
            network: options.network,
          };
          const { actId: id, subject, amountKesCents } = body;
          return logEntry(
            { id, subject, amountKesCents, needsSecondPerson },
            "proposed",
            by,
            canonicalJson(body),
          );
        },
        { operatorId: by.operator.id, since: now() - aloneMs },
      );
      const act = await stored(proposal.id);
      // Another request with the same id came first.
      if (!added) return isSame(proposal, act, by) ? repeated(act) : idReused();
      if (proposal.refusal !== null) {
        const { code, message } = proposal.refusal;
        await log.append(logEntry(act, "refused", null, canonicalJson({ code, message })));
        return { ok: false, error: proposal.refusal };
      }
      if (act.needsSecondPerson) return ok({ act, enrolment: null });
      return carryOut(act, by);
    },

    approvalOptions: async (actId, by) => {
      const act = await findApprovable(actId, by);
      if (!act.ok) return act;
      const { canonical } = act.value;
      return ok({
        canonical,
        options: await passkeys.requestOptions(actChallenge(canonical), by.operator.id),
      });
    },

    approve: async (actId, assertion, by) => {
      const found = await findApprovable(actId, by);
      if (!found.ok) return found;
      const act = found.value;
      const verified = await passkeys.verify(
        assertion,
        actChallenge(act.canonical),
        by.operator.id,
      );
      if (!verified.ok) return verified;
      const body = canonicalJson({ sha256: actChallenge(act.canonical) });
      const added = await log.append(logEntry(act, "approved", by, body, verified.value.signature));
      if (!added) return ended(await stored(actId));
      return carryOut(await stored(actId), by);
    },

    decline: async (actId, reason, by) => {
      const found = await find(actId);
      if (!found.ok) return found;
      if (!isWaiting(found.value)) return ended(found.value);
      const body = canonicalJson({ code: "declined", message: reason });
      const added = await log.append(logEntry(found.value, "declined", by, body));
      return added ? ok(await stored(actId)) : ended(await stored(actId));
    },

    find,
    list: log.list,
    readLog: log.read,

    needsSecondPerson: async (amount, by) =>
      amount + (await log.sumAlone(by.operator.id, now() - aloneMs)) > options.fourEyesKesCents,

    tidy: async () => {
      for (const act of await log.overdue(now())) {
        const body = canonicalJson({ code: "expired", message: "Nobody approved it in time." });
        await log.append(logEntry(act, "expired", null, body));
      }
      for (const act of await log.unfinished(now() - leftBehindMs)) {
        const result = await carryOut(act, null);
        options.logger.warn(
          { actId: act.id, code: result.ok ? "executed" : result.error.code },
          "act of an operator carried out after an interruption",
        );
      }
    },
  };
}

/** Neither decided nor ended. */
function isWaiting(act: RecordedAct): boolean {
  return act.status === "waiting" && act.needsSecondPerson && act.approvedAt === null;
}

function ended(act: RecordedAct): Result<never> {
  const how =
    act.status === "waiting"
      ? act.approvedAt === null
        ? "has expired; propose it again"
        : "is approved already"
      : `is ${act.status} already`;
  return err("act_ended", `The act ${how}.`, "never");
}

function idReused(): Result<never> {
  return err("act_id_reused", "This id was used for another act. Choose a new one.", "never");
}
