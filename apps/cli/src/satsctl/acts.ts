import { randomUUID } from "node:crypto";
import { actStatuses } from "@satsconnect/contracts/admin";
import type { Act, ActPreview, ActResult, RecordedAct } from "@satsconnect/contracts/admin";
import { badInput, CommandFailed } from "../command-failed.ts";
import { ask, isInteractive } from "../prompt.ts";
import { atMost, limitOf, positional, reasonOf } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { postingText } from "./order.ts";
import { fields, kes, table, when } from "./table.ts";

/** Acts on an order: shows what it will book, asks, and proposes it. */
export async function act(context: Context): Promise<void> {
  const { args, client, print } = context;
  const orderId = positional(args, 0, "the order's id");
  const type = positional(args, 1, "the act, for example refund (`satsctl order ID` lists them)");
  const chosen = readParameters(type, args.positionals.slice(2));
  const reason = reasonOf(args);
  const page = valueOf(context, await client("getOrder", { params: { orderId } }));
  const preview = valueOf(
    context,
    await client("previewAct", { params: { orderId }, body: { act: chosen } }),
  );
  await confirmAct(context, preview);
  const result = valueOf(
    context,
    await client("proposeAct", {
      body: {
        id: randomUUID(),
        orderId,
        orderVersion: page.version,
        act: preview.act,
        reason,
      },
    }),
  );
  print(resultText(result, context.consoleUrl), result);
}

/** Tells where an act is approved: an approval is a passkey's signature, which a terminal cannot make. */
export async function approve(context: Context): Promise<void> {
  const { args, client, print, consoleUrl } = context;
  const actId = positional(args, 0, "the act's id");
  atMost(args, 1);
  const found = valueOf(context, await client("getAct", { params: { actId } }));
  if (found.status !== "waiting" || found.approvedAt !== null)
    throw new CommandFailed("act_ended", `${actText(found)}\nIt does not wait for an approval.`);
  const link = consoleUrl === null ? null : `${consoleUrl}/#/act/${actId}`;
  print(
    `${actText(found)}\nAn approval is a passkey's signature over exactly this. Another operator than ${found.proposedBy.name} approves it in the console${link === null ? " (ADMIN_URL)" : `:\n  ${link}`}`,
    { act: found, approveAt: link },
  );
}

export async function decline(context: Context): Promise<void> {
  const { args, client, print } = context;
  const actId = positional(args, 0, "the act's id");
  atMost(args, 1);
  const reason = reasonOf(args);
  const declined = valueOf(
    context,
    await client("declineAct", { params: { actId }, body: { reason } }),
  );
  print(actText(declined), declined);
}

export async function acts(context: Context): Promise<void> {
  const { args, client, print } = context;
  const one = args.positionals[0];
  atMost(args, 1);
  if (one !== undefined) {
    const found = valueOf(context, await client("getAct", { params: { actId: one } }));
    print(actText(found), found);
    return;
  }
  const status = actStatuses.find((known) => known === args.values.status);
  if (args.values.status !== undefined && status === undefined)
    throw badInput("arguments_invalid", `--status takes one of ${actStatuses.join(", ")}.`);
  const list = valueOf(
    context,
    await client("listActs", {
      query: {
        limit: limitOf(args, 30, 100),
        ...(status === undefined ? {} : { status }),
        ...(args.values.order === undefined ? {} : { orderId: args.values.order }),
      },
    }),
  );
  const rows = list.acts.map((found) => [
    when(found.proposedAt) ?? "",
    found.type,
    subjectText(found),
    kes(found.amountKesCents),
    found.status,
    [found.proposedBy.name, found.approvedBy?.name].filter(Boolean).join(", "),
    found.reason,
    found.id,
  ]);
  print(
    rows.length === 0
      ? "No acts."
      : table(["time", "act", "on", "amount", "status", "by", "reason", "id"], rows),
    list,
  );
}

/** `amountKesCents=50000` and so on; `kes=500` is short for the amount in shillings. */
function readParameters(type: string, texts: readonly string[]): Act {
  const entries = texts.map((text): [string, string] => {
    const [, name, value] = /^([A-Za-z]{1,30})=(.*)$/su.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw badInput(
        "arguments_invalid",
        `“${text.slice(0, 40)}” is not name=value, for example way=reversal or kes=500.`,
      );
    if (name !== "kes") return [name, value];
    if (!/^\d{1,9}$/u.test(value))
      throw badInput("arguments_invalid", "kes= takes whole shillings, for example kes=500.");
    return ["amountKesCents", `${BigInt(value) * 100n}`];
  });
  return { type, ...Object.fromEntries(entries) };
}

async function confirmAct({ args }: Context, preview: ActPreview): Promise<void> {
  if (args.values.yes === true) return;
  const text = [
    `${preview.act.type}: ${kes(preview.amountKesCents)}; the order is then ${preview.nextState}.`,
    ...Object.entries(preview.act).flatMap(([name, value]) =>
      name === "type" ? [] : [`  ${name}: ${value}`],
    ),
    "Books:",
    ...preview.postings.map((one) => postingText(one, "  ")),
    ...(preview.needsSecondPerson ? ["A second person has to approve it."] : []),
  ].join("\n");
  if (!isInteractive())
    throw badInput("confirmation_needed", `${text}\nNothing was done. Add --yes to do it.`);
  const answer = await ask(`${text}\nDo it? (y/n) `);
  if (!/^y(es)?$/iu.test(answer.trim())) throw new CommandFailed("declined", "Nothing was done.");
}

export function resultText(
  { act: found, enrolment }: ActResult,
  consoleUrl: string | null,
): string {
  const next =
    found.status === "waiting"
      ? `\nIt waits for another operator: ${consoleUrl === null ? "approve it in the console" : `${consoleUrl}/#/act/${found.id}`}`
      : "";
  const link =
    enrolment === null
      ? ""
      : `\nThe link registers one passkey. Open it in the operator's own browser, before ${when(enrolment.expiresAt) ?? ""}:\n  ${enrolment.url}`;
  return actText(found) + next + link;
}

function actText(found: RecordedAct): string {
  return [
    `${found.type} on ${subjectText(found)}: ${found.status}`,
    fields([
      ["id", found.id],
      ["amount", kes(found.amountKesCents)],
      ["parameters", parametersOf(found.act)],
      ["reason", found.reason],
      ["proposed", `${when(found.proposedAt) ?? ""} by ${found.proposedBy.name} (${found.via})`],
      [
        "approved",
        found.approvedBy === null
          ? null
          : `${when(found.approvedAt) ?? ""} by ${found.approvedBy.name}`,
      ],
      [
        "outcome",
        found.outcome === null ? null : `${found.outcome.code}: ${found.outcome.message}`,
      ],
    ]),
    ...found.postings.map((one) => postingText(one, "  books ")),
  ].join("\n");
}

function parametersOf(found: Act): string | null {
  const parameters = Object.entries(found).filter(([name]) => name !== "type");
  return parameters.length === 0
    ? null
    : parameters.map(([name, value]) => `${name}=${value}`).join(" ");
}

function subjectText({ subject }: RecordedAct): string {
  switch (subject.kind) {
    case "order":
      return `${subject.orderKind} ${subject.orderId}`;
    case "operator":
    case "switch":
      return `${subject.kind} ${subject.name}`;
    case "books":
      return "the books";
  }
}
