import { err, nairobiOffsetMs, ok, parseNairobiTime } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { PullRail } from "../../app/books/ports.ts";
import type { StatementLine } from "../../domain/books/statement-line.ts";
import { centsOf, member, textOf } from "../exact-json.ts";
import type { RawJson } from "../exact-json.ts";
import type { Gateway } from "./gateway.ts";

/**
 * Pull Transactions (portal page PullTransaction) of the shortcode that STK pushes pay into. M-Pesa lists only what
 * customers paid; money that leaves is in the statement file.
 */
export function createPullRail({
  gateway,
  shortcode,
  nominatedNumber,
  callbackUrl,
}: {
  readonly gateway: Gateway;
  readonly shortcode: string;
  /** The Safaricom number that is registered for the organisation. */
  readonly nominatedNumber: string;
  /** M-Pesa wants a URL and sends nothing to it that a query does not answer. */
  readonly callbackUrl: string;
}): PullRail {
  return {
    register: async () => {
      const answer = await gateway.post("/pulltransactions/v1/register", shortcode, {
        ShortCode: shortcode,
        RequestType: "Pull",
        NominatedNumber: nominatedNumber,
        CallBackURL: callbackUrl,
      });
      if (!answer.ok) return answer;
      const status = textOf(member(answer.value, "ResponseStatus"));
      // 1001: registered already.
      return status === "1000" || status === "1001" ? ok(null) : unreadable();
    },
    query: async ({ from, to, offset }) => {
      const answer = await gateway.post("/pulltransactions/v1/query", shortcode, {
        ShortCode: shortcode,
        StartDate: nairobiText(from),
        EndDate: nairobiText(to),
        OffSetValue: String(offset),
      });
      return answer.ok ? readPulledLines(answer.value) : answer;
    },
  };
}

/**
 * The lines of an answer. `Response` is a list of lists (documented), and with code 1001 an empty one, sometimes as text. A
 * line that cannot be read makes the whole answer unreadable: money must not be left out.
 */
export function readPulledLines(body: RawJson): Result<readonly StatementLine[]> {
  const code = textOf(member(body, "ResponseCode"));
  if (code === "1001") return ok([]);
  const response = member(body, "Response");
  if (code !== "1000" || !Array.isArray(response)) return unreadable();
  const lines: StatementLine[] = [];
  for (const item of (response as readonly RawJson[]).flat() as readonly RawJson[]) {
    const receipt = textOf(member(item, "transactionId"))?.toUpperCase() ?? "";
    const cents = centsOf(textOf(member(item, "amount")));
    const completedAt = timeOf(textOf(member(item, "trxDate")));
    if (!/^[A-Z0-9]{8,12}$/.test(receipt) || cents === null || cents === 0n || completedAt === null)
      return unreadable();
    const msisdn = textOf(member(item, "msisdn")) ?? "";
    const sender = textOf(member(item, "sender")) ?? "";
    lines.push({
      receipt,
      isCharge: false,
      cents,
      completedAt,
      details: (textOf(member(item, "transactiontype")) ?? "").slice(0, 300),
      otherParty: [msisdn, sender]
        .filter((text) => text !== "")
        .join(" - ")
        .slice(0, 300),
      accountReference: (textOf(member(item, "billreference")) ?? "").slice(0, 300),
      linkedReceipt: "",
    });
  }
  return ok(lines);
}

/** `2020-08-05T10:13:00Z`, or without a zone in Nairobi. */
function timeOf(text: string | null): number | null {
  if (text === null) return null;
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text);
  const at = hasZone ? Date.parse(text) : parseNairobiTime(text.replace(" ", "T"));
  return Number.isNaN(at) ? null : at;
}

/** `2026-11-23 10:15:00`, in Nairobi. */
function nairobiText(at: number): string {
  return new Date(at + nairobiOffsetMs).toISOString().slice(0, 19).replace("T", " ");
}

function unreadable() {
  return err("answer_unreadable", "M-Pesa's answer cannot be read.", "unknown");
}
