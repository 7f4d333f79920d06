import { createHash } from "node:crypto";
import express from "express";
import type { Express } from "express";
import { adminRoutes, maxStatementLength } from "@satsconnect/contracts/admin";
import { findFailureCode } from "@satsconnect/contracts/failures";
import { formatRate, ok } from "@satsconnect/money";
import type { Acts } from "../../app/admin/acts.ts";
import { presentEntries } from "../../app/admin/book-acts.ts";
import type { BookActing } from "../../app/admin/book-acts.ts";
import type { Bookings } from "../../app/books/bookings.ts";
import type { Days } from "../../app/books/days.ts";
import type { BookFigures } from "../../app/books/figures.ts";
import type { Statements } from "../../app/books/statements.ts";
import type { Comparison } from "../../app/reconciliation/ports.ts";
import type { DayFindings, TrialLine } from "../../domain/books/day.ts";
import { accounts } from "../../domain/postings.ts";
import { sendProblem } from "../problem.ts";
import type { Callers } from "./callers.ts";
import type { AdminMount } from "./mount.ts";

export type AdminBooksOptions = {
  readonly books: {
    readonly bookings: Bookings;
    readonly statements: Statements;
    readonly days: Days;
    readonly figures: BookFigures;
  };
  readonly bookActs: BookActing;
  readonly acts: Acts;
};

/**
 * Lets a statement file be larger than other bodies, but reads it only for an operator. Mounted before the parser of other
 * bodies.
 */
export function mountStatementBody(app: Express, callers: Callers): void {
  const { path } = adminRoutes.importStatement;
  app.post(path, async (request, response, next) => {
    const caller = await callers.authenticate(request);
    if (caller.ok) return next();
    sendProblem(response, caller.error.code, { detail: caller.error.message });
  });
  // JSON escapes line breaks and quotes.
  app.use(path, express.json({ limit: 2 * maxStatementLength, type: "application/json" }));
}

/** The books: bookings, statements, the daily close and figures. */
export function mountAdminBooks(
  mount: AdminMount,
  { books, bookActs, acts }: AdminBooksOptions,
): void {
  const { bookings, statements, days, figures } = books;

  mount.answer(adminRoutes.booksState, async () => {
    const [state, balances] = await Promise.all([figures.state(), figures.balances()]);
    return ok({
      isOpen: state.isOpen,
      comparedAt: timeOrNull(state.comparedAt),
      comparisons: state.comparisons.map(presentComparison),
      differences: state.differences.map(presentComparison),
      balances: [...balances].map(([account, balance]) => ({
        account,
        currency: accounts[account].currency,
        balance: String(balance),
      })),
      openCases: state.openCases,
      waitingLines: state.waitingLines,
      unmatchedLines: state.unmatchedLines,
      lastClosedDay: state.lastClosedDay,
      today: state.today,
      pull:
        state.pull === null
          ? null
          : { pulledUntil: timeOrNull(state.pull.pulledUntil), failure: state.pull.failure },
      pullGaps: state.pullGaps.map(({ shortcode, from, to }) => ({
        shortcode,
        from: time(from),
        to: time(to),
      })),
    });
  });

  mount.answer(adminRoutes.actOnBooks, async ({ body, principal }) => {
    const proposal = await bookActs.proposal(body);
    return proposal.ok ? acts.propose(proposal.value, principal) : proposal;
  });

  mount.answer(adminRoutes.listBookings, async ({ query }) =>
    ok({
      bookings: (await bookings.list(query.limit)).map(
        ({ reference, booking, operator, reason, bookedAt, entries }) => ({
          reference,
          type: booking.type,
          operator,
          reason,
          bookedAt: time(bookedAt),
          entries: presentEntries(entries),
        }),
      ),
    }),
  );

  mount.answer(adminRoutes.listStatementLines, async ({ query }) =>
    ok({
      lines: (await statements.list({ state: query.state, limit: query.limit })).map(
        ({ cents, completedAt, ...line }) => ({
          ...line,
          cents: String(cents),
          completedAt: time(completedAt),
        }),
      ),
    }),
  );

  mount.answer(adminRoutes.listBookCases, async ({ query }) => {
    const onlyOpen = query.state === "open";
    return ok({
      cases: (await statements.cases.list({ onlyOpen, limit: query.limit })).map(
        ({ openedAt, resolvedAt, ...one }) => ({
          ...one,
          meaning: findFailureCode(one.code)?.meaning ?? one.code,
          openedAt: time(openedAt),
          resolvedAt: timeOrNull(resolvedAt),
        }),
      ),
    });
  });

  mount.answer(adminRoutes.importStatement, async ({ body, principal, log }) => {
    const { shortcode, account, file } = body;
    const imported = await statements.importFile({
      shortcode,
      account,
      text: file,
      fileHash: createHash("sha256").update(file).digest(),
      operator: principal.operator.name,
    });
    if (!imported.ok) return imported;
    log.info({ shortcode, account, added: imported.value.added }, "statement imported");
    await statements.judge();
    return ok({ ...imported.value, contradictions: [...imported.value.contradictions] });
  });

  mount.answer(adminRoutes.listClosedDays, async ({ query }) =>
    ok({
      days: (await days.list(query.limit)).map(
        ({ day, closedAt, operator, reason, trialBalance, findings }) => ({
          day,
          closedAt: time(closedAt),
          operator,
          reason,
          trialBalance: trialBalance.map(presentTrialLine),
          ...presentFindings(findings),
        }),
      ),
    }),
  );

  mount.answer(adminRoutes.previewDay, async ({ params }) => {
    const { day, trialBalance, findings, open } = await days.preview(params.day);
    return ok({
      day,
      trialBalance: trialBalance.map(presentTrialLine),
      ...presentFindings(findings),
      open: [...open],
    });
  });

  mount.answer(adminRoutes.readFigures, async ({ query }) => {
    const [list, exposure] = await Promise.all([
      figures.days(query.from, query.to),
      figures.exposure(),
    ]);
    return ok({
      days: list.map((one) => ({
        day: one.day,
        feesKesCents: {
          spread: String(one.feesKesCents.spread),
          mpesa: String(one.feesKesCents.mpesa),
          channel_open: String(one.feesKesCents.channel_open),
          routing: String(one.feesKesCents.routing),
          other: String(one.feesKesCents.other),
        },
        mpesaFeesKesCents: String(one.mpesaFeesKesCents),
        lossesKesCents: String(one.lossesKesCents),
        taxesPaidKesCents: String(one.taxesPaidKesCents),
        routingFeesMsat: String(one.routingFeesMsat),
        nodeIncomeMsat: String(one.nodeIncomeMsat),
        nodeExpensesMsat: String(one.nodeExpensesMsat),
        overpaymentsMsat: String(one.overpaymentsMsat),
        lossesMsat: String(one.lossesMsat),
        taxes: one.taxes.map((tax) => ({
          kind: tax.kind,
          baseKesCents: String(tax.baseKesCents),
          partsPerMillion: String(tax.partsPerMillion),
          effectiveFrom: tax.effectiveFrom,
          amountKesCents: String(tax.amountKesCents),
        })),
      })),
      exposure: {
        positionMsat: String(exposure.positionMsat),
        costKesCents: String(exposure.costKesCents),
        valueKesCents: String(exposure.valueKesCents),
        gainKesCents: String(exposure.gainKesCents),
        rateKesPerBtc: exposure.rate === null ? null : formatRate(exposure.rate),
        asOf: timeOrNull(exposure.asOf),
      },
    });
  });
}

function presentComparison({ figure, currency, ledger, actual, difference }: Comparison) {
  return {
    figure,
    currency,
    ledger: String(ledger),
    actual: String(actual),
    difference: String(difference),
  };
}

function presentTrialLine({ account, currency, opening, debits, credits, closing }: TrialLine) {
  return {
    account,
    currency,
    opening: String(opening),
    debits: String(debits),
    credits: String(credits),
    closing: String(closing),
  };
}

function presentFindings({ waitingLines, unmatchedLines, balances }: DayFindings) {
  return {
    waitingLines,
    unmatchedLines,
    balances: balances.map(({ shortcode, account, statement, ledger }) => ({
      shortcode,
      account,
      statement: statement === null ? null : String(statement),
      ledger: String(ledger),
    })),
  };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function timeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : time(milliseconds);
}
