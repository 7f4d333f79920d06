import { err, nairobiOffsetMs, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { StatementLine } from "./statement-line.ts";

/*
 * The statement of one account of an organisation, as the M-PESA organisation portal exports it: some lines about the
 * organisation, then a header, then a row for each movement, newest first or oldest first. Columns are found by their
 * names, because exports differ in their order. Only completed transactions moved money.
 */

export type Statement = {
  /** Oldest first. */
  readonly lines: readonly StatementLine[];
  /** Rows that moved no money: failed, cancelled or pending transactions. */
  readonly skipped: number;
  /** The shortcode that the file names above the header; null if it names none. */
  readonly shortcode: string | null;
  /** M-Pesa's balance in cents after the last line of each day in Nairobi (`2026-11-23`). */
  readonly dayEnds: ReadonlyMap<string, bigint>;
  /** Places where a balance is not the one before plus the line: the file lacks rows there. */
  readonly gaps: number;
};

export type StatementRefusal = "statement_unreadable" | "statement_row_unreadable";

const columns = {
  receipt: /^receipt ?(no|number)?\.?$/,
  completedAt: /^completion time$/,
  details: /^details$/,
  status: /^transaction status$/,
  paidIn: /^paid ?in$/,
  withdrawn: /^withdraw[na]l?$/,
  balance: /^balance$/,
  reasonType: /^(reason|transaction) type$/,
  otherParty: /^other party info$/,
  linked: /^linked transaction id$/,
  accountReference: /^a\/c no\.?$/,
} as const;
type Column = keyof typeof columns;
const requiredColumns: readonly Column[] = [
  "receipt",
  "completedAt",
  "status",
  "paidIn",
  "withdrawn",
];
const maxRows = 100_000;

/** Reads a statement file. A row that cannot be read makes the whole file unreadable: money must not be left out. */
export function readStatementCsv(text: string): Result<Statement, StatementRefusal> {
  const rows = parseCsv(text.replace(/^\uFEFF/, ""));
  const headerAt = rows.findIndex((row) => row.some((cell) => columns.receipt.test(plain(cell))));
  const header = rows[headerAt]?.map(plain) ?? [];
  const places = Object.fromEntries(
    Object.entries(columns).map(([name, pattern]) => [
      name,
      header.findIndex((cell) => pattern.test(cell)),
    ]),
  ) as Record<Column, number>;
  const missing = requiredColumns.filter((name) => places[name] < 0);
  if (headerAt < 0 || missing.length > 0) {
    return err(
      "statement_unreadable",
      "This is not a statement of the M-PESA organisation portal: it has no header with Receipt No., Completion Time, Transaction Status, Paid In and Withdrawn.",
      "never",
    );
  }
  if (rows.length - headerAt - 1 > maxRows) {
    return err(
      "statement_unreadable",
      `The statement has more than ${maxRows} rows. Export fewer days at a time.`,
      "never",
    );
  }
  const read: { readonly line: StatementLine; readonly balance: bigint | null }[] = [];
  let skipped = 0;
  for (const [offset, row] of rows.slice(headerAt + 1).entries()) {
    const cell = (name: Column) => row[places[name]]?.trim() ?? "";
    if (row.every((value) => value.trim() === "")) continue;
    const receipt = cell("receipt").toUpperCase();
    // Totals and remarks below the movements have no receipt.
    if (receipt === "" || !/^[A-Z0-9]+$/.test(receipt)) continue;
    if (plain(cell("status")) !== "completed") {
      skipped += 1;
      continue;
    }
    const completedAt = readTime(cell("completedAt"));
    const paidIn = readAmount(cell("paidIn"));
    const withdrawn = readAmount(cell("withdrawn"));
    const cents = paidIn === null || withdrawn === null ? null : abs(paidIn) - abs(withdrawn);
    if (
      !/^[A-Z0-9]{8,12}$/.test(receipt) ||
      completedAt === null ||
      cents === null ||
      cents === 0n
    ) {
      return err(
        "statement_row_unreadable",
        `Row ${headerAt + offset + 2} (receipt ${receipt.slice(0, 20)}) has no readable receipt, time or amount. Nothing was imported.`,
        "never",
      );
    }
    // The payer writes the account number, so it does not count.
    const kindOfLine = `${cell("reasonType")} ${cell("details").split(/ Acc\./i)[0] ?? ""}`;
    const isCharge = cents < 0n && /\b(charge|fee)s?\b/i.test(kindOfLine);
    read.push({
      balance: readAmount(cell("balance"), null),
      line: {
        receipt,
        isCharge,
        cents,
        completedAt,
        details: clip(cell("details") === "" ? cell("reasonType") : cell("details")),
        otherParty: clip(cell("otherParty")),
        accountReference: clip(
          cell("accountReference") === ""
            ? (/\bAcc\. (\S+)/.exec(cell("details"))?.[1] ?? "")
            : cell("accountReference"),
        ),
        linkedReceipt: clip(cell("linked")),
      },
    });
  }
  const first = read[0]?.line.completedAt ?? 0;
  const last = read.at(-1)?.line.completedAt ?? 0;
  // Within one second, the order of rows is the order of movements. Rows may also be out of order.
  const chronological = first > last ? read.toReversed() : read;
  const ordered = chronological.toSorted((a, b) => a.line.completedAt - b.line.completedAt);
  return ok({
    lines: ordered.map(({ line }) => line),
    skipped,
    shortcode: namedShortcode(rows.slice(0, headerAt)),
    ...balancesOf(ordered),
  });
}

function balancesOf(
  ordered: readonly { readonly line: StatementLine; readonly balance: bigint | null }[],
): Pick<Statement, "dayEnds" | "gaps"> {
  const dayEnds = new Map<string, bigint>();
  let before: bigint | null = null;
  let gaps = 0;
  for (const { line, balance } of ordered) {
    if (balance === null) continue;
    if (before !== null && before + line.cents !== balance) gaps += 1;
    before = balance;
    dayEnds.set(nairobiDay(line.completedAt), balance);
  }
  return { dayEnds, gaps };
}

/** The day in Nairobi, `2026-11-23`. */
export function nairobiDay(at: number): string {
  return new Date(at + nairobiOffsetMs).toISOString().slice(0, 10);
}

/** `Short Code,600111` or `Short Code: 600111`, above the header. */
function namedShortcode(rows: readonly (readonly string[])[]): string | null {
  for (const row of rows) {
    const found = /short ?code\W+(\d{5,7})\b/i.exec(row.join(","));
    if (found?.[1] !== undefined) return found[1];
  }
  return null;
}

/** Times in Nairobi: `23-11-2026 10:15:00`, `2026-11-23 10:15:00`, `23/11/2026 10:15`. */
function readTime(text: string): number | null {
  const match =
    /^(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AP])M)?$/i.exec(
      text.trim(),
    );
  if (match === null) return null;
  const [, one = "", month = "", three = "", hour = "", minute = "", second = "0", half] = match;
  const [year, day] = one.length === 4 ? [one, three] : [three, one];
  if (year.length !== 4 || day.length > 2) return null;
  const hours =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  const at = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    hours,
    Number(minute),
    Number(second),
  );
  const back = new Date(at);
  const isReal =
    back.getUTCDate() === Number(day) && back.getUTCMonth() === Number(month) - 1 && hours < 24;
  return isReal ? at - nairobiOffsetMs : null;
}

/** `1,250.00`, `-60.00`, `KES 5`; `empty` if there is nothing, null if it cannot be read. */
function readAmount(text: string, empty: bigint | null = 0n): bigint | null {
  const amount = text
    .replace(/^KES ?/i, "")
    .replaceAll(",", "")
    .trim();
  if (amount === "") return empty;
  const match = /^([-+−]?)(\d{1,13})(?:\.(\d{1,2}))?$/.exec(amount);
  if (match === null) return null;
  const [, sign = "", whole = "", decimals = ""] = match;
  const cents = BigInt(whole) * 100n + BigInt(decimals.padEnd(2, "0"));
  return sign === "-" || sign === "−" ? 0n - cents : cents;
}

/** Cells of a CSV file (RFC 4180) with `,`, `;` or tab between them, whichever its first long line uses. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const sample = text.split(/\r?\n/).find((line) => /receipt/i.test(line)) ?? "";
  const separator = [",", ";", "\t"].toSorted(
    (a, b) => sample.split(b).length - sample.split(a).length,
  )[0];
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index] ?? "";
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (text[index + 1] === '"') {
        cell += '"';
        index += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === separator) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n") {
      rows.push([...row, cell.replace(/\r$/, "")]);
      row = [];
      cell = "";
    } else cell += sign;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell.replace(/\r$/, "")]);
  return rows;
}

function plain(cell: string): string {
  return cell.trim().replaceAll(/\s+/g, " ").toLowerCase();
}

function clip(text: string): string {
  return text.replaceAll("\0", "").slice(0, 300);
}

function abs(value: bigint): bigint {
  return value < 0n ? 0n - value : value;
}
