import { randomUUID } from "node:crypto";
import { lineStateNames } from "@satsconnect/contracts/admin";
import type { BookAct, BookingRequest } from "@satsconnect/contracts/admin";
import { parseFiatInput, parseSatInput, satToMsat } from "@satsconnect/money";
import { badInput } from "../command-failed.ts";
import { resultText } from "./acts.ts";
import { atMost, limitOf, positional, reasonOf } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { printable, signed, signedKes, signedSats, table, when } from "./table.ts";

const verbs: Readonly<Record<string, (context: Context) => Promise<void>>> = {
  book,
  list: listBookings,
  lines: listLines,
  cases: listCases,
  tie,
  resolve,
  figures,
};

/** The operator's books. */
export async function books(context: Context): Promise<void> {
  const [verb] = context.args.positionals;
  if (verb === undefined) return state(context);
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined)
    throw badInput("command_unknown", `satsctl books [${Object.keys(verbs).join(" | ")}]`);
  await run(context);
}

async function state(context: Context): Promise<void> {
  const found = valueOf(context, await context.client("booksState"));
  const open = [
    found.isOpen ? null : "The opening balances are NOT booked.",
    found.openCases === 0 ? null : `Open cases of the books: ${found.openCases}.`,
    found.unmatchedLines === 0 ? null : `Unmatched statement lines: ${found.unmatchedLines}.`,
    found.waitingLines === 0
      ? null
      : `Statement lines that wait to be judged: ${found.waitingLines}.`,
    (found.pull?.failure ?? null) === null
      ? null
      : `Pull Transactions failed: ${found.pull?.failure ?? ""}.`,
    ...found.pullGaps.map(
      ({ shortcode, from, to }) =>
        `Import the statement of ${shortcode} from ${when(from) ?? ""} to ${when(to) ?? ""}.`,
    ),
  ].filter((line) => line !== null);
  const compared =
    found.comparisons.length === 0
      ? "Not compared yet."
      : `Compared ${when(found.comparedAt) ?? ""}:\n${table(
          ["figure", "books", "actual", "difference"],
          found.comparisons.map(({ figure, currency, ledger, actual, difference }) => [
            figure,
            signed(currency, ledger),
            signed(currency, actual),
            difference === "0" ? "" : signed(currency, difference),
          ]),
        )}`;
  const balances = table(
    ["account", "balance"],
    found.balances
      .filter(({ balance }) => balance !== "0")
      .map(({ account, currency, balance }) => [account, signed(currency, balance)]),
  );
  const closed = `Last closed day: ${found.lastClosedDay ?? "none"}. Today is ${found.today}.`;
  context.print([...open, closed, compared, balances].join("\n"), found);
}

const kesTypes: Readonly<Record<string, readonly string[]>> = {
  capital_in: ["place"],
  capital_out: ["place"],
  loss: ["place"],
  move: ["from", "to"],
  bank_transfer: ["from", "to"],
  top_up: ["place", "from"],
  mpesa_charge: ["place"],
  mpesa_bill: ["from"],
  tax_paid: ["from"],
};
const bitcoinTypes = new Set(["bitcoin_in", "bitcoin_out", "bitcoin_loss"]);

async function book(context: Context): Promise<void> {
  const { args } = context;
  const type = positional(args, 1, "what to book, for example move");
  const { reference } = args.values;
  if (reference === undefined)
    throw badInput("argument_missing", "Say what makes it unique: --reference RECEIPT.");
  const given = parametersOf(args.positionals.slice(2));
  const wanted = kesTypes[type] ?? (bitcoinTypes.has(type) ? [] : null);
  if (wanted === null)
    throw badInput(
      "arguments_invalid",
      `Unknown booking “${type.slice(0, 40)}”. There are ${[...Object.keys(kesTypes), ...bitcoinTypes].join(", ")}.`,
    );
  const amountName = bitcoinTypes.has(type) ? "sat" : "kes";
  const names = [...wanted, amountName];
  const missing = names.filter((name) => !given.has(name));
  const unknown = [...given.keys()].filter((name) => !names.includes(name));
  if (missing.length > 0 || unknown.length > 0)
    throw badInput(
      "arguments_invalid",
      `${type} takes ${names.map((name) => `${name}=…`).join(" ")}.`,
    );
  const amount = given.get(amountName) ?? "";
  const places = Object.fromEntries(wanted.map((name) => [name, given.get(name) ?? ""]));
  // The api checks the places.
  const booking = {
    type,
    reference,
    ...places,
    ...(amountName === "kes" ? { amountKesCents: cents(amount) } : { amountMsat: msat(amount) }),
  } as BookingRequest;
  await act(context, { type: "book", booking });
}

async function tie(context: Context): Promise<void> {
  const lineId = positional(context.args, 1, "the line's id (`satsctl books lines`)");
  const reference = positional(context.args, 2, "the booking's reference");
  atMost(context.args, 3);
  await act(context, { type: "tie_line", lineId, reference });
}

async function resolve(context: Context): Promise<void> {
  const caseId = positional(context.args, 1, "the case's id (`satsctl books cases`)");
  atMost(context.args, 2);
  await act(context, { type: "resolve_book_case", caseId });
}

async function act(context: Context, wanted: BookAct): Promise<void> {
  const result = valueOf(
    context,
    await context.client("actOnBooks", {
      body: { id: randomUUID(), act: wanted, reason: reasonOf(context.args) },
    }),
  );
  context.print(resultText(result, context.consoleUrl), result);
}

async function listBookings(context: Context): Promise<void> {
  atMost(context.args, 1);
  const query = { limit: limitOf(context.args, 50, 500) };
  const found = valueOf(context, await context.client("listBookings", { query }));
  context.print(
    found.bookings.length === 0
      ? "No bookings."
      : table(
          ["booked", "type", "reference", "entries", "by", "reason"],
          found.bookings.map(({ bookedAt, type, reference, entries, operator, reason }) => [
            when(bookedAt) ?? "",
            type,
            reference,
            entries
              .map(({ account, currency, amount }) => `${account} ${signed(currency, amount)}`)
              .join(", "),
            operator,
            reason,
          ]),
        ),
    found,
  );
}

async function listLines(context: Context): Promise<void> {
  atMost(context.args, 1);
  const wanted = context.args.values.state;
  const lineState = lineStateNames.find((name) => name === wanted);
  if (wanted !== undefined && lineState === undefined)
    throw badInput("arguments_invalid", `--state takes one of ${lineStateNames.join(", ")}.`);
  const query = {
    limit: limitOf(context.args, 50, 500),
    ...(lineState === undefined ? {} : { state: lineState }),
  };
  const found = valueOf(context, await context.client("listStatementLines", { query }));
  context.print(
    found.lines.length === 0
      ? "No lines."
      : table(
          [
            "completed",
            "account",
            "receipt",
            "amount",
            "other party",
            "a/c no.",
            "state",
            "order",
            "line",
          ],
          found.lines.map((line) => [
            when(line.completedAt) ?? "",
            `${line.shortcode} ${line.account}`,
            line.receipt,
            signedKes(line.cents),
            line.otherParty,
            line.accountReference,
            line.state,
            line.orderId ?? "",
            line.id,
          ]),
        ),
    found,
  );
}

async function listCases(context: Context): Promise<void> {
  atMost(context.args, 1);
  const query = {
    limit: limitOf(context.args, 50, 500),
    state: context.args.values.all === true ? ("all" as const) : ("open" as const),
  };
  const found = valueOf(context, await context.client("listBookCases", { query }));
  context.print(
    found.cases.length === 0
      ? "No cases."
      : found.cases
          .map(
            (one) =>
              `${when(one.openedAt) ?? ""}  ${one.code}  ${one.id}\n  ${printable(one.detail)}\n  order ${one.orderId ?? "none"}, line ${one.lineId ?? "none"}${one.resolution === null ? "" : `\n  resolved: ${printable(one.resolution)}`}`,
          )
          .join("\n"),
    found,
  );
}

async function figures(context: Context): Promise<void> {
  atMost(context.args, 1);
  const { from, to } = context.args.values;
  if (from === undefined || to === undefined)
    throw badInput("argument_missing", "Say which days: --from 2026-11-01 --to 2026-11-30.");
  const found = valueOf(context, await context.client("readFigures", { query: { from, to } }));
  const rows = found.days.map((day) => [
    day.day,
    ...Object.values(day.feesKesCents).map(signedKes),
    signedKes(day.mpesaFeesKesCents),
    signedSats(day.routingFeesMsat),
    signedSats(day.nodeIncomeMsat),
    day.taxes.map(({ kind, amountKesCents }) => `${kind} ${signedKes(amountKesCents)}`).join(", "),
  ]);
  const head = ["day", "spread", "mpesa", "channel", "routing", "other", "M-Pesa's fees"];
  const { exposure } = found;
  const position = `Position ${signedSats(exposure.positionMsat)} (below zero: short), cost ${signedKes(exposure.costKesCents)}.`;
  const valued =
    exposure.rateKesPerBtc === null
      ? "No price is available now."
      : `At KES ${exposure.rateKesPerBtc} (${when(exposure.asOf) ?? ""}) it is worth ${signedKes(exposure.valueKesCents)}: gain ${signedKes(exposure.gainKesCents)}.`;
  context.print(
    `${table([...head, "routing fees", "node's income", "taxes"], rows)}\n${position} ${valued}`,
    found,
  );
}

function parametersOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw badInput("arguments_invalid", `“${pair.slice(0, 40)}” is not name=value.`);
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
}

function cents(text: string): string {
  const amount = parseFiatInput("KES", text);
  if (!amount.ok) throw badInput("arguments_invalid", `kes=: ${amount.error.message}`);
  return String(amount.value);
}

function msat(text: string): string {
  const amount = parseSatInput(text);
  if (!amount.ok) throw badInput("arguments_invalid", `sat=: ${amount.error.message}`);
  return String(satToMsat(amount.value));
}
