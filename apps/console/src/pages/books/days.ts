import type { RouteResponse } from "@satsconnect/contracts";
import type { adminRoutes } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../../design/dom.ts";
import type { Child } from "../../design/dom.ts";
import { icon } from "../../design/icon.ts";
import { admin } from "../../client/admin.ts";
import { kesExact } from "../../format/money.ts";
import { words } from "../../i18n/words.ts";
import { ledgerFigure } from "../../parts/money.ts";
import type { Page, Place } from "../../parts/page.ts";
import { accountName } from "../../parts/postings.ts";
import { proposalForm } from "../../parts/propose.ts";
import { fold, part, row, says } from "../../parts/rows.ts";
import { at } from "../../parts/times.ts";

type Day = RouteResponse<typeof adminRoutes.previewDay>;
type TrialLine = Day["trialBalance"][number];

/** A day's trial balance and what is open on it, and closing it. */
export async function dayPage({ parts }: Place): Promise<Result<Page>> {
  const text = words().books;
  const answer = await admin("previewDay", { params: { day: parts[2] ?? "" } });
  if (!answer.ok) return answer;
  const day = answer.value;
  return ok({
    title: text.dayTitle(day.day),
    back: "#/books",
    testId: "books-day",
    body: [
      day.open.length === 0
        ? row({ when: icon("check"), title: text.dayClean })
        : [part(text.dayOpen), day.open.map((one) => row({ when: icon("cases"), title: one }))],
      drawBalances(day),
      part(text.close),
      proposalForm(() => ({
        read: () => ok(day.day),
        says: (closing) =>
          says([
            text.closeSays(closing),
            day.open.length === 0 ? "" : ` ${text.closeDespite(day.open.length)}`,
          ]),
        send: (id, closing, reason) =>
          admin("actOnBooks", {
            body: {
              id,
              // Open points do not prevent the close, but require a reason.
              act: {
                type: "close_day",
                day: closing,
                ...(day.open.length === 0 ? {} : { despite: reason }),
              },
              reason,
            },
          }),
        label: text.closeSlab(day.day),
        icon: "check",
        testId: "close-day",
      })),
    ],
    beside: [part(text.trialBalance), trialTable(day.trialBalance)],
  });
}

function drawBalances({ balances }: Pick<Day, "balances">): Child {
  const text = words().books;
  if (balances.length === 0) return null;
  return [
    part(text.statementBalances),
    balances.map(({ shortcode, account, statement, ledger }) =>
      row({
        when: icon(statement === ledger ? "check" : "close"),
        title: `${shortcode}, ${text.accounts[account]}`,
        second: `${text.ledger} ${kesExact(BigInt(ledger))} · ${
          statement === null ? text.noStatement : `${text.statement} ${kesExact(BigInt(statement))}`
        }`,
      }),
    ),
  ];
}

/** Opening, debits, credits and closing of each account. */
function trialTable(lines: readonly TrialLine[]): HTMLElement {
  const text = words();
  return h(
    "div",
    { class: "inside scrolls", tabindex: 0, role: "region", "aria-label": text.books.trialBalance },
    (["KES", "MSAT"] as const).map((currency) =>
      h(
        "table",
        { class: "postings posting", "data-testid": `trial.${currency}` },
        h("caption", { class: "visually-hidden" }, `${text.books.trialBalance}, ${currency}`),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "col" },
              `${text.ledger.account}, ${currency === "KES" ? "KES" : "sats"}`,
            ),
            [text.books.opening, text.ledger.debit, text.ledger.credit, text.books.closing].map(
              (one) => h("th", { scope: "col", class: "number-head" }, one),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          lines
            .filter((line) => line.currency === currency)
            .map((line) =>
              h(
                "tr",
                {},
                h("th", { scope: "row", class: "account" }, accountName(line.account)),
                [line.opening, line.debits, line.credits, line.closing].map((amount) =>
                  h(
                    "td",
                    { class: "number" },
                    amount === "0" ? "–" : ledgerFigure(currency, amount),
                  ),
                ),
              ),
            ),
        ),
      ),
    ),
  );
}

/** Days that were closed, with the balances that were fixed. */
export async function closedDaysPage(): Promise<Result<Page>> {
  const text = words().books;
  const answer = await admin("listClosedDays", { query: { limit: 100 } });
  if (!answer.ok) return answer;
  return ok({
    title: text.closedDays,
    back: "#/books",
    testId: "books-days",
    body: [
      answer.value.days.length === 0 ? says(text.neverClosed, "soft") : null,
      answer.value.days.map((day) =>
        fold(
          {
            when: icon("check"),
            title: day.day,
            second: [
              `${day.operator}, `,
              at(day.closedAt),
              day.reason === null ? "" : ` · ${day.reason}`,
            ],
          },
          trialTable(day.trialBalance),
        ),
      ),
    ],
  });
}
