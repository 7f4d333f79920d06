import { searchKeys } from "@satsconnect/contracts/admin";
import type { FoundOrder } from "@satsconnect/contracts/admin";
import { parseFiatInput } from "@satsconnect/money";
import { badInput } from "../command-failed.ts";
import { atMost, limitOf, timeOf } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { age, kes, sats, table, when } from "./table.ts";

/** Finds orders by whatever the customer knows. */
export async function find(context: Context): Promise<void> {
  const { args, client, print } = context;
  const { as, kes: amount, from, to, kind } = args.values;
  const text = args.positionals.join(" ");
  const key = searchKeys.find((one) => one === as);
  if (as !== undefined && key === undefined)
    throw badInput("arguments_invalid", `--as takes one of ${searchKeys.join(", ")}.`);
  if (kind !== undefined && kind !== "buy" && kind !== "sell")
    throw badInput("arguments_invalid", "--kind takes buy or sell.");
  if (text === "" && (from === undefined || to === undefined))
    throw badInput(
      "argument_missing",
      "Say what to look for: a receipt, phone number, name, payment hash or id. For “I paid and have nothing”: --kes AMOUNT --from TIME --to TIME.",
    );
  const found = valueOf(
    context,
    await client("findOrders", {
      body: {
        ...(text === "" ? {} : { text }),
        ...(key === undefined ? {} : { key }),
        ...(amount === undefined ? {} : { amountKesCents: cents(amount) }),
        ...(from === undefined ? {} : { from: timeOf(from, "--from") }),
        ...(to === undefined ? {} : { to: timeOf(to, "--to") }),
        ...(kind === undefined ? {} : { kind }),
        limit: limitOf(args, 20, 100),
      },
    }),
  );
  const more =
    found.nextCursor === null ? "" : "\nThere are more; narrow the search or use --limit.";
  print(
    found.orders.length === 0
      ? `No order found${found.searchedAs.length === 0 ? "" : ` (searched as ${found.searchedAs.join(", ")})`}. If the person has an M-Pesa receipt, the money may be in no order: look at the books' unmatched payments.`
      : orderTable(found.orders) + more,
    found,
  );
}

/** Lists cases, oldest first. */
export async function cases(context: Context): Promise<void> {
  const { args, client, print } = context;
  atMost(args, 0);
  const list = valueOf(
    context,
    await client("listCases", {
      query: {
        state: args.values.all === true ? "all" : "open",
        limit: limitOf(args, 50, 100),
      },
    }),
  );
  const rows = list.cases.map(({ case: one, order }) => [
    age(one.ageSeconds),
    one.severity,
    one.code,
    `${order.kind} ${order.state}`,
    kes(order.amountKesCents),
    order.id,
    one.detail,
  ]);
  print(
    rows.length === 0
      ? "No cases."
      : `${list.open} open.\n${table(["age", "severity", "case", "order is", "amount", "order", "detail"], rows)}`,
    list,
  );
}

function orderTable(orders: readonly FoundOrder[]): string {
  return table(
    ["opened", "kind", "state", "amount", "sats", "phone", "name", "receipt", "cases", "order"],
    orders.map((order) => [
      when(order.createdAt) ?? "",
      order.kind,
      order.state,
      kes(order.amountKesCents),
      sats(order.amountMsat),
      order.msisdn,
      order.recipientName ?? "",
      order.mpesaReceipt ?? "",
      order.openCases === 0 ? "" : String(order.openCases),
      order.id,
    ]),
  );
}

function cents(text: string): string {
  const amount = parseFiatInput("KES", text);
  if (!amount.ok) throw badInput("arguments_invalid", `--kes: ${amount.error.message}`);
  return String(amount.value);
}
