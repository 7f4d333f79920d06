import { describe, expect, test } from "vitest";
import { readStatementCsv } from "./statement-csv.ts";

const header =
  "Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.";
const row = (
  receipt: string,
  time: string,
  paidIn: string,
  withdrawn: string,
  balance: string,
  rest: { status?: string; details?: string; reason?: string; reference?: string } = {},
) =>
  `${receipt},${time},${time},${rest.details ?? "Pay Bill from 2547****0001 - AMINA KAMAU"},${rest.status ?? "Completed"},${paidIn},${withdrawn},${balance},true,${rest.reason ?? "Pay Bill Online"},2547****0001 - AMINA KAMAU,,${rest.reference ?? ""}`;

describe("the statement of the organisation portal", () => {
  test("is read with its preamble, newest first, and skips what moved no money", () => {
    const text = [
      "\uFEFFOrganization Name,SATSCONNECT",
      "Short Code,600111",
      "",
      header,
      row("UKN0000003", "23-11-2026 12:00:00", "", "-60.00", '"1,440.00"', {
        reason: "Organization Settlement",
      }),
      row("UKN0000002", "23-11-2026 11:00:00", "700.00", "", "", { status: "Failed" }),
      row("ukn0000001", "23-11-2026 10:15:00", '"1,500.00"', "", '"1,500.00"', {
        reference: "ABC123DEF456",
      }),
      "",
    ].join("\r\n");
    expect(readStatementCsv(text)).toMatchObject({
      ok: true,
      value: {
        shortcode: "600111",
        skipped: 1,
        gaps: 0,
        dayEnds: new Map([["2026-11-23", 144_000n]]),
        lines: [
          {
            receipt: "UKN0000001",
            cents: 150_000n,
            completedAt: Date.parse("2026-11-23T07:15:00Z"),
            accountReference: "ABC123DEF456",
            isCharge: false,
          },
          { receipt: "UKN0000003", cents: -6_000n },
        ],
      },
    });
  });

  test.each([
    ["2026-11-23 10:15:00", "2026-11-23T07:15:00.000Z"],
    ["23/11/2026 10:15", "2026-11-23T07:15:00.000Z"],
    ["23-11-2026 00:30:00", "2026-11-22T21:30:00.000Z"],
    ["23-11-2026 01:05:07 PM", "2026-11-23T10:05:07.000Z"],
  ])("has the time %s in Nairobi", (time, expected) => {
    const read = readStatementCsv(`${header}\n${row("UKN0000001", time, "5", "", "5")}\n`);
    const at = read.ok ? (read.value.lines[0]?.completedAt ?? 0) : 0;
    expect(new Date(at).toISOString()).toBe(expected);
  });

  test("is read with semicolons and with columns in another order", () => {
    const text =
      "A/C No.;Paid In;Withdrawn;Transaction Status;Completion Time;Receipt No.\nREF1;10.50;;Completed;2026-11-23 10:15:00;UKN0000001";
    expect(readStatementCsv(text)).toMatchObject({
      ok: true,
      value: { lines: [{ receipt: "UKN0000001", cents: 1_050n, accountReference: "REF1" }] },
    });
  });

  test("tells M-Pesa's charges from the payments with the same receipt", () => {
    const text = [
      header,
      row("UKN0000001", "23-11-2026 10:15:00", "", "100.00", "900.00", {
        reason: "Business Payment to Customer via API",
        details: "Business Payment to Customer",
      }),
      row("UKN0000001", "23-11-2026 10:15:00", "", "5.00", "895.00", {
        reason: "Business Payment Charge",
        details: "B2C Payment Charge",
      }),
    ].join("\n");
    expect(readStatementCsv(text)).toMatchObject({
      ok: true,
      value: {
        lines: [
          { isCharge: false, cents: -10_000n },
          { isCharge: true, cents: -500n },
        ],
        gaps: 0,
      },
    });
  });

  test("counts the places where rows are missing", () => {
    const text = [
      header,
      row("UKN0000001", "23-11-2026 10:15:00", "100.00", "", "100.00"),
      row("UKN0000003", "23-11-2026 10:17:00", "100.00", "", "300.00"),
    ].join("\n");
    expect(readStatementCsv(text)).toMatchObject({ ok: true, value: { gaps: 1 } });
  });

  test.each([
    ["a page of something else", "<html><body>Log in</body></html>"],
    ["an empty file", ""],
    [
      "a file without amounts",
      "Receipt No.,Completion Time,Transaction Status\nUKN0000001,x,Completed",
    ],
  ])("refuses %s with a sentence", (_name, text) => {
    expect(readStatementCsv(text)).toMatchObject({
      ok: false,
      error: { code: "statement_unreadable" },
    });
  });

  test.each([
    ["an amount", row("UKN0000001", "23-11-2026 10:15:00", "1.2.3", "", "")],
    ["a time", row("UKN0000001", "31-02-2026 10:15:00", "5", "", "")],
    ["any amount", row("UKN0000001", "23-11-2026 10:15:00", "", "", "")],
  ])("refuses the whole file if a completed row lacks %s", (_name, bad) => {
    const good = row("UKN0000002", "23-11-2026 10:15:00", "5", "", "5");
    expect(readStatementCsv([header, good, bad].join("\n"))).toMatchObject({
      ok: false,
      error: { code: "statement_row_unreadable" },
    });
  });
});
