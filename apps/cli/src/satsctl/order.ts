import type { OrderPage, Posting } from "@satsconnect/contracts/admin";
import { atMost, positional } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { age, entryAmount, fields, kes, printable, sats, table, when } from "./table.ts";

/** Shows everything that is known of an order. */
export async function order(context: Context): Promise<void> {
  const { args, client, print } = context;
  const orderId = positional(args, 0, "the order's id");
  atMost(args, 1);
  const page = valueOf(context, await client("getOrder", { params: { orderId } }));
  print(describe(page, args.values.raw === true), page);
}

function describe(page: OrderPage, raw: boolean): string {
  const { order: found, prompt, htlc, payout } = page;
  const sections = [
    `${found.kind} ${found.id}`,
    fields([
      ["state", `${found.state}${found.reason === null ? "" : ` (${found.reason})`}`],
      ["version", String(page.version)],
      ["amount", `${kes(found.amountKesCents)}, ${sats(found.amountMsat)}`],
      ["rate", `KES ${page.rateKesPerBtc} for one bitcoin`],
      ["phone", found.msisdn],
      ["name", found.recipientName],
      ["receipt", found.mpesaReceipt],
      ["opened", when(found.createdAt)],
      ["changed", when(found.updatedAt)],
      ["deadline", when(page.deadlineAt)],
      ["pay by", when(page.payBy)],
      ["wallet", found.walletId],
      ["node", page.nodeId],
    ]),
  ];
  if (prompt !== null)
    sections.push(
      "Prompt (STK push)",
      fields([
        ["status", prompt.status],
        ["reference", prompt.accountReference],
        ["CheckoutRequestID", prompt.checkoutRequestId],
        ["sent, queried", `${prompt.sends}, ${prompt.queries}`],
        ["last answer", prompt.lastAnswer],
        ["callback says", prompt.callback === null ? null : JSON.stringify(prompt.callback)],
        ["money booked", prompt.credit],
      ]),
    );
  if (htlc !== null)
    sections.push(
      `Lightning payment (${htlc.direction})`,
      fields([
        ["payment hash", htlc.paymentHash],
        ["amount", sats(htlc.amountMsat)],
        ["received", htlc.receivedMsat === null ? null : sats(htlc.receivedMsat)],
        [
          "deadline",
          htlc.claimDeadlineHeight === null
            ? null
            : `block ${htlc.claimDeadlineHeight}, ${htlc.blocksLeft ?? "?"} left (about ${when(htlc.deadlineAt) ?? "?"})`,
        ],
        ["node says", htlc.node === null ? "nothing" : htlc.node.state],
        ["failure", htlc.node?.failure ?? null],
      ]),
    );
  sections.push(
    "Payout or refund (B2C)",
    fields([
      ["status", payout.status],
      ["to", `${payout.msisdn}, ${kes(payout.amountKesCents)}`],
      ["our id", payout.originatorConversationId],
      ["ConversationIDs", payout.conversationIds.join(", ") || null],
      ["sent, queried", `${payout.sends}, ${payout.statusQueries}`],
      ["perhaps sent", payout.perhapsSent ? "yes: an unanswered send may have arrived" : null],
      ["receipt", payout.receipt],
      ["failure", payout.failureCode],
    ]),
  );
  if (page.cases.length > 0)
    sections.push(
      "Cases",
      table(
        ["case", "open since", "age", "what it means", "detail"],
        page.cases.map((one) => [
          one.code,
          one.resolvedAt === null ? (when(one.openedAt) ?? "") : "resolved",
          age(one.ageSeconds),
          one.meaning,
          one.detail,
        ]),
      ),
    );
  sections.push("Timeline (Nairobi)", timelineTable(page));
  if (page.journals.length > 0)
    sections.push("Ledger", page.journals.map((one) => postingText(one, "  ")).join("\n"));
  if (raw)
    sections.push(
      "Evidence as it arrived",
      page.evidence
        .map(({ number, kind, raw: body }) => `  ${number} ${kind}: ${printable(body)}`)
        .join("\n"),
      "Stored order",
      JSON.stringify(page.stored, null, 2),
    );
  else if (page.evidence.length > 0)
    sections.push(`${page.evidence.length} pieces of evidence; --raw shows them.`);
  sections.push("What may be done now", actsText(page));
  return sections.join("\n");
}

function timelineTable(page: OrderPage): string {
  return table(
    ["time", "what", "", "detail"],
    page.timeline.map(({ at, kind, title, detail }) => [
      when(at) ?? "",
      kind,
      title,
      (detail ?? "").slice(0, 120),
    ]),
  );
}

function actsText(page: OrderPage): string {
  if (page.acts.length === 0) return "  Nothing.";
  return page.acts
    .map(({ type, summary, fields: needed, preview }) =>
      [
        `  ${type}: ${summary}`,
        ...needed.map(
          ({ name, kind, required, proposal, choices }) =>
            `    ${name}=${proposal ?? `<${choices?.join("|") ?? kind}>`}${required ? "" : " (optional)"}`,
        ),
        ...(preview === null
          ? []
          : [
              `    then ${preview.nextState}${preview.needsSecondPerson ? "; needs a second person" : ""}; books:`,
              ...(preview.postings.length === 0
                ? ["      nothing now"]
                : preview.postings.map((one) => postingText(one, "      "))),
            ]),
      ].join("\n"),
    )
    .join("\n");
}

export function postingText({ kind, entries }: Posting, indent: string): string {
  return `${indent}${kind}: ${entries
    .map(({ account, currency, amount }) => `${account} ${entryAmount(currency, amount)}`)
    .join(", ")}`;
}
