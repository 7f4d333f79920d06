import type { LedgerEntry, Posting } from "@satsconnect/contracts/admin";
import { h } from "../design/dom.ts";
import { kesExact, satsExact } from "../format/money.ts";
import { words } from "../i18n/words.ts";
import { named } from "./named.ts";
import { ledgerAmount } from "./money.ts";

/** The name of an account for people; its code where there is none. */
export function accountName(code: string): string {
  return named(words().ledger.accounts, code);
}

/** The name of a journal for people. */
export function journalName(kind: string): string {
  return named(words().ledger.journals, kind);
}

function figure({ currency, amount }: LedgerEntry): string {
  const value = BigInt(amount);
  const positive = value < 0n ? -value : value;
  return currency === "KES" ? kesExact(positive) : satsExact(positive);
}

/** The entries of one journal as a table of debits and credits. */
export function entriesTable(entries: readonly LedgerEntry[], caption: string): HTMLElement {
  const text = words().ledger;
  return h(
    "table",
    { class: "postings" },
    h("caption", { class: "visually-hidden" }, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, text.account),
        h("th", { scope: "col", class: "number-head" }, text.debit),
        h("th", { scope: "col", class: "number-head" }, text.credit),
      ),
    ),
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
            h("small", { class: "second" }, entry.currency === "KES" ? "KES" : "sats"),
          ),
          h("td", { class: "number" }, isDebit ? figure(entry) : ""),
          h("td", { class: "number" }, isDebit ? "" : figure(entry)),
        );
      }),
    ),
  );
}

/**
 * A posting in words: where it has one credit and one debit in a currency, the amount moves from the one account to the
 * other. Other postings have no sentence; their table says everything.
 */
export function movements({ entries }: Posting): readonly string[] {
  return (["KES", "MSAT"] as const).flatMap((currency) => {
    const own = entries.filter((entry) => entry.currency === currency);
    const [credit] = own.filter(({ amount }) => amount.startsWith("-"));
    const [debit] = own.filter(({ amount }) => !amount.startsWith("-"));
    if (own.length !== 2 || credit === undefined || debit === undefined) return [];
    return [
      words().act.moves(
        ledgerAmount(currency, BigInt(debit.amount)),
        accountName(credit.account),
        accountName(debit.account),
      ),
    ];
  });
}

/** Postings in words and as entries. */
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
        movements(posting).map((sentence) => h("p", { class: "second" }, sentence)),
        entriesTable(posting.entries, name),
      );
    }),
  );
}
