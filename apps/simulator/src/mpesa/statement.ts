import { findCustomer, fullName } from "./customers.ts";
import { nairobiParts, two } from "./nairobi.ts";
import { paymentFromRow } from "./payments.ts";
import type { Payment } from "./payments.ts";
import { findShortcode } from "./shortcodes.ts";
import { shortcodeAccount } from "./ledger.ts";
import type { OrganisationAccount } from "./ledger.ts";
import { shillingsText } from "../shared/json.ts";
import { signedCents, text } from "../store/rows.ts";
import type { Database } from "../store/database.ts";

/** How an export deviates from the account: rows repeated, out of order, or with the payer's number masked. */
export type StatementFaults = {
  readonly repeated: boolean;
  readonly reordered: boolean;
  readonly masked: boolean;
};

/** Columns of the organisation portal's export (community: several integrators' files). */
const columns = [
  "Receipt No.",
  "Completion Time",
  "Initiation Time",
  "Details",
  "Transaction Status",
  "Paid In",
  "Withdrawn",
  "Balance",
  "Balance Confirmed",
  "Reason Type",
  "Other Party Info",
  "Linked Transaction ID",
  "A/C No.",
];

const accountNames: Readonly<Record<OrganisationAccount, string>> = {
  working: "Working Account",
  float: "Float Account",
  utility: "Utility Account",
  charges: "Charges Paid Account",
  settlement: "Organization Settlement Account",
};

/**
 * The statement of one account of an organisation as the portal exports it: newest first, with the organisation above the
 * header. Payments that were declined are listed too, without an amount that moved (assumed).
 */
export function statementCsv(
  database: Database,
  shortcode: string,
  account: OrganisationAccount,
  period: { readonly from: number; readonly to: number },
  faults: StatementFaults,
): string {
  const id = shortcodeAccount(shortcode, account);
  const rows = database
    .all(
      `SELECT payment.*, entry.cents, entry.balance_after_cents, entry.detail FROM entry
         JOIN payment ON payment.receipt = entry.receipt
        WHERE entry.account = ? AND entry.at >= ? AND entry.at < ? ORDER BY entry.id DESC`,
      id,
      period.from,
      period.to,
    )
    .map((row) => {
      const payment = paymentFromRow(row);
      const cents = signedCents(row, "cents");
      const isFee = account === "charges";
      return [
        payment.receipt,
        portalTime(payment.finalisedAt),
        portalTime(payment.initiatedAt),
        text(row, "detail"),
        "Completed",
        cents > 0n ? shillingsText(cents) : "",
        cents < 0n ? shillingsText(cents) : "",
        shillingsText(signedCents(row, "balance_after_cents")),
        "true",
        isFee ? "Business Payment Charge" : reasonOf(payment),
        otherParty(database, payment, id, faults.masked),
        payment.kind === "reversal" ? payment.reference : "",
        payment.kind === "pay_bill" ? payment.reference : "",
      ];
    });
  const written = faults.repeated ? rows.flatMap((row) => [row, row]) : rows;
  const ordered = faults.reordered
    ? written.toSorted(([one = ""], [other = ""]) => (one.slice(-3) < other.slice(-3) ? -1 : 1))
    : written;
  const organisation = findShortcode(database, shortcode)?.name ?? "";
  return [
    ["Organization Name", organisation],
    ["Short Code", shortcode],
    ["Account", accountNames[account]],
    ["Time Period", `From ${portalTime(period.from)} To ${portalTime(period.to)}`],
    [],
    columns,
    ...ordered,
  ]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");
}

/** Customers' payments into a shortcode, oldest first, as Pull Transactions lists them. */
export function customerPayments(
  database: Database,
  shortcode: string,
  period: { readonly from: number; readonly to: number },
): readonly Payment[] {
  return database
    .all(
      `SELECT * FROM payment WHERE credit_account = ? AND kind = 'pay_bill' AND status = 'completed'
         AND finalised_at >= ? AND finalised_at <= ? ORDER BY finalised_at, receipt`,
      shortcodeAccount(shortcode, "utility"),
      period.from,
      period.to,
    )
    .map(paymentFromRow);
}

function reasonOf({ kind, reference }: Payment): string {
  switch (kind) {
    case "pay_bill":
      return "Pay Bill Online";
    case "payout":
      return "Business Payment to Customer via API";
    case "reversal":
      return "Transaction Reversal";
    case "send":
      return "Customer Transfer";
    case "opening":
      return reference === "deposit" ? "Deposit of Funds" : "Organization Transfer";
  }
}

/** `2547****0001 - AMINA WANJIKU KAMAU`, or another organisation. */
function otherParty(database: Database, payment: Payment, own: string, masked: boolean): string {
  const other = payment.debitAccount === own ? payment.creditAccount : payment.debitAccount;
  const [kind, owner = ""] = other.split(":");
  if (kind === "customer") {
    const customer = findCustomer(database, owner);
    const number = masked ? `${owner.slice(0, 4)}****${owner.slice(-4)}` : owner;
    return customer === undefined ? number : `${number} - ${fullName(customer)}`;
  }
  return kind === "shortcode" ? `${owner} - ${findShortcode(database, owner)?.name ?? ""}` : "";
}

/** `23-11-2026 10:15:00`, in Nairobi. */
function portalTime(at: number): string {
  const { year, month, day, hour, minute, second } = nairobiParts(at);
  return `${two(day)}-${two(month)}-${year} ${two(hour)}:${two(minute)}:${two(second)}`;
}

function csvCell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
