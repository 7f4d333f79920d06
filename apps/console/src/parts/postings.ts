import type { LedgerEntry, Posting } from "@satsconnect/contracts/admin";
import { h } from "../design/dom.ts";
import { kesExact, satsExact } from "../format/money.ts";
import { words } from "../i18n/words.ts";
import { ledgerFigure } from "./money.ts";
import { named } from "./named.ts";

/** The name of an account for people; its code where there is none. */
export function accountName(code: string): string {
  return named(words().ledger.accounts, code);
}

/** The name of a journal for people; the number of its place in a case file (`refund_paid:4`) is left out. */
export function journalName(kind: string): string {
  return named(words().ledger.journals, kind.replace(/:\d+$/u, ""));
}

function figure({ currency, amount }: LedgerEntry): string {
  const value = BigInt(amount);
  const positive = value < 0n ? -value : value;
  return currency === "KES" ? kesExact(positive) : satsExact(positive);
}

/** Accounts that a debit makes larger; a credit makes all others larger. */
const debitAccounts: ReadonlySet<string> = new Set([
  "mpesa_collections",
  "mpesa_available",
  "mpesa_reserved",
  "sells_unclaimed",
  "mpesa_working",
  "mpesa_collections_working",
  "bank_kes",
  "losses_kes",
  "taxes_kes",
  "losses_msat",
  "sats_receivable",
  "reversed_by_payers",
  "write_offs_kes",
  "write_offs_msat",
  "mpesa_fees",
  "treasury",
  "routing_fees",
  "node_expenses",
]);

/** Whether an entry makes its account larger: more money there, more owed, more earned. */
function rises({ account, amount }: LedgerEntry): boolean {
  return debitAccounts.has(account) === !amount.startsWith("-");
}

/** The entries of one journal as a table of debits and credits. */
export function entriesTable(entries: readonly LedgerEntry[], caption: string): HTMLElement {
  const text = words().ledger;
  return h(
    "table",
    { class: "postings" },
    h("caption", { class: "visually-hidden" }, caption),
    columnHeads(null),
    h(
      "tbody",
      {},
      entries.map((entry) => {
        const isDebit = BigInt(entry.amount) > 0n;
        return h(
          "tr",
          {},
          h(
            "th",
            { scope: "row", class: "account" },
            accountName(entry.account),
            h(
              "small",
              { class: "second" },
              `${rises(entry) ? text.rises : text.falls}, ${entry.currency === "KES" ? "KES" : "sats"}`,
            ),
          ),
          h("td", { class: "number" }, isDebit ? figure(entry) : ""),
          h("td", { class: "number" }, isDebit ? "" : figure(entry)),
        );
      }),
    ),
  );
}

/** Postings, each with its name and its entries. */
export function drawPostings(postings: readonly Posting[]): HTMLElement {
  return h(
    "div",
    { class: "inside", "data-testid": "postings" },
    postings.map((posting) => {
      const name = journalName(posting.kind);
      return h(
        "section",
        { class: "posting" },
        h("h3", { class: "strong" }, name),
        entriesTable(posting.entries, name),
      );
    }),
  );
}

/** Balances of accounts, debits and credits apart, with their sums: they must be equal in each currency. */
export function balancesTable(
  balances: readonly {
    readonly account: string;
    readonly currency: string;
    readonly balance: string;
  }[],
  caption: string,
): HTMLElement {
  const text = words().ledger;
  return h(
    "div",
    { class: "inside scrolls", tabindex: 0, role: "region", "aria-label": caption },
    ["KES", "MSAT"].map((currency) => {
      const own = balances.filter((one) => one.currency === currency);
      const total = (sign: 1n | -1n): bigint =>
        own
          .map(({ balance }) => BigInt(balance) * sign)
          .filter((value) => value > 0n)
          .reduce((a, b) => a + b, 0n);
      return h(
        "table",
        { class: "postings posting", "data-testid": `balances.${currency}` },
        h(
          "caption",
          { class: "visually-hidden" },
          `${caption}, ${currency === "KES" ? "KES" : "sats"}`,
        ),
        columnHeads(currency === "KES" ? "KES" : "sats"),
        h(
          "tbody",
          {},
          own
            .filter(({ balance }) => balance !== "0")
            .map(({ account, balance }) =>
              sideRow(accountName(account), currency, BigInt(balance)),
            ),
        ),
        h(
          "tfoot",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "row" }, text.total),
            h("td", { class: "number" }, ledgerFigure(currency, total(1n).toString())),
            h("td", { class: "number" }, ledgerFigure(currency, total(-1n).toString())),
          ),
        ),
      );
    }),
  );
}

function columnHeads(unit: string | null): HTMLElement {
  const text = words().ledger;
  return h(
    "thead",
    {},
    h(
      "tr",
      {},
      h("th", { scope: "col" }, unit === null ? text.account : `${text.account}, ${unit}`),
      h("th", { scope: "col", class: "number-head" }, text.debit),
      h("th", { scope: "col", class: "number-head" }, text.credit),
    ),
  );
}

function sideRow(name: string, currency: string, value: bigint): HTMLElement {
  const shown = ledgerFigure(currency, (value < 0n ? -value : value).toString());
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "account" }, name),
    h("td", { class: "number" }, value > 0n ? shown : ""),
    h("td", { class: "number" }, value > 0n ? "" : shown),
  );
}
