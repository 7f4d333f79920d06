import type { BooksState } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Child } from "../../design/dom.ts";
import { icon } from "../../design/icon.ts";
import { admin } from "../../client/admin.ts";
import { words } from "../../i18n/words.ts";
import { named } from "../../parts/named.ts";
import type { Page } from "../../parts/page.ts";
import { balancesTable } from "../../parts/postings.ts";
import { ledgerFigure } from "../../parts/money.ts";
import { refreshTool } from "../../parts/refresh.ts";
import { list, part, row, says } from "../../parts/rows.ts";
import { at } from "../../parts/times.ts";

/** Whether the books agree with M-Pesa and the node, what is open, and every balance. */
export async function booksPage(): Promise<Result<Page>> {
  const text = words().books;
  const answer = await admin("booksState");
  if (!answer.ok) return answer;
  const books = answer.value;
  return ok({
    title: text.title,
    testId: "books",
    tool: refreshTool(),
    body: [
      drawHealth(books),
      part(text.doNow),
      list(text.doNow, [
        row({
          when: icon("share"),
          title: text.upload,
          second: text.uploadDetail,
          href: "#/books/upload",
          testId: "books.upload",
        }),
        row({
          when: icon("books"),
          title: text.book,
          second: text.bookDetail,
          href: "#/books/book",
          testId: "books.book",
        }),
        row({
          when: icon("check"),
          title: text.close,
          second:
            books.lastClosedDay === null ? text.neverClosed : text.lastClosed(books.lastClosedDay),
          href: `#/books/day/${dayToClose(books)}`,
          testId: "books.close",
        }),
        row({ when: icon("log"), title: text.lines, href: "#/books/lines", testId: "books.lines" }),
        row({
          when: icon("clock"),
          title: text.closedDays,
          href: "#/books/days",
          testId: "books.days",
        }),
      ]),
      drawComparisons(books),
    ],
    beside: [part(text.balances), balancesTable(books.balances, text.balances)],
  });
}

/** The day after the last one that was closed; yesterday where none was. Never today: it is not over. */
export function dayToClose({
  lastClosedDay,
  today,
}: Pick<BooksState, "lastClosedDay" | "today">): string {
  const day = 24 * 3_600_000;
  const yesterday = new Date(Date.parse(today) - day).toISOString().slice(0, 10);
  if (lastClosedDay === null) return yesterday;
  const next = new Date(Date.parse(lastClosedDay) + day).toISOString().slice(0, 10);
  return next < yesterday ? next : yesterday;
}

function drawHealth(books: BooksState): Child {
  const text = words().books;
  return [
    books.isOpen ? null : row({ when: icon("cases"), title: text.notOpen, now: true }),
    books.differences.length === 0
      ? null
      : row({
          when: icon("alarms"),
          title: text.differ,
          second: text.differDetail,
          late: true,
          now: true,
          testId: "books.differ",
        }),
    books.openCases === 0
      ? null
      : row({
          when: icon("cases"),
          title: text.openCases(books.openCases),
          second: text.openCasesDetail,
          href: "#/books/cases",
          now: books.isOpen && books.differences.length === 0,
          testId: "books.cases",
        }),
    books.unmatchedLines === 0
      ? null
      : row({
          when: icon("log"),
          title: text.unmatched(books.unmatchedLines),
          href: "#/books/lines?state=unmatched",
          testId: "books.unmatched",
        }),
    books.waitingLines === 0
      ? null
      : row({
          when: icon("clock"),
          title: text.waitingLines(books.waitingLines),
          href: "#/books/lines?state=new",
        }),
    books.pull === null
      ? null
      : row({
          when: icon("again"),
          title:
            books.pull.failure === null ? text.pull : `${text.pullFails}: ${books.pull.failure}`,
          second:
            books.pull.pulledUntil === null
              ? null
              : [text.pulledUntil, " ", at(books.pull.pulledUntil)],
        }),
    books.pullGaps.map(({ shortcode, from, to }) =>
      row({
        when: icon("close"),
        title: text.gap(shortcode),
        second: [at(from), " – ", at(to)],
        href: "#/books/upload",
      }),
    ),
  ];
}

function drawComparisons({ comparisons, comparedAt }: BooksState): Child {
  const text = words().books;
  return [
    part(text.comparisons),
    comparedAt === null
      ? says(text.neverCompared, "soft")
      : says([text.comparedAt, " ", at(comparedAt)], "soft"),
    comparisons.map(({ figure, currency, ledger, actual, difference }) =>
      row({
        when: difference === "0" ? icon("check") : icon("close"),
        title: named(text.figures, figure),
        second: `${text.ledger} ${ledgerFigure(currency, ledger)} · ${text.actual} ${ledgerFigure(currency, actual)}`,
        figure: difference === "0" ? "0" : ledgerFigure(currency, difference),
        late: difference !== "0",
      }),
    ),
  ];
}
