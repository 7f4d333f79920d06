import { randomUUID } from "node:crypto";
import { badInput, CommandFailed } from "../command-failed.ts";
import { ask, isInteractive } from "../prompt.ts";
import { resultText } from "./acts.ts";
import { atMost, positional } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { signed, signedKes, table } from "./table.ts";

/** Shows a day's trial balance and what is open on it, asks, and closes the day. */
export async function closeDay(context: Context): Promise<void> {
  const { args, client, print } = context;
  const day = positional(args, 0, "the day, for example 2026-11-29");
  atMost(args, 1);
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(day))
    throw badInput("arguments_invalid", "A day is written 2026-11-29.");
  const preview = valueOf(context, await client("previewDay", { params: { day } }));
  const { despite, reason = "daily close" } = args.values;
  if (preview.open.length > 0 && despite === undefined)
    throw new CommandFailed(
      "day_not_clean",
      `${day} has something open:\n${preview.open.map((line) => `  ${line}`).join("\n")}\nSay why it is closed all the same: --despite "…".`,
    );
  if (args.values.json !== true) {
    const moved = preview.trialBalance.filter(
      ({ opening, debits, credits }) => opening !== "0" || debits !== "0" || credits !== "0",
    );
    process.stdout.write(
      `Trial balance of ${day}\n${table(
        ["account", "opening", "debits", "credits", "closing"],
        moved.map(({ account, currency, opening, debits, credits, closing }) => [
          account,
          signed(currency, opening),
          signed(currency, debits),
          signed(currency, credits),
          signed(currency, closing),
        ]),
      )}\n${table(
        ["M-Pesa's account", "statement", "books"],
        preview.balances.map(({ shortcode, account, statement, ledger }) => [
          `${shortcode} ${account}`,
          statement === null ? "not imported" : signedKes(statement),
          signedKes(ledger),
        ]),
      )}\n${preview.open.map((line) => `${line}\n`).join("")}`,
    );
  }
  await confirm(context, day);
  const result = valueOf(
    context,
    await client("actOnBooks", {
      body: {
        id: randomUUID(),
        act: { type: "close_day", day, ...(despite === undefined ? {} : { despite }) },
        reason,
      },
    }),
  );
  print(resultText(result, context.consoleUrl), result);
}

async function confirm({ args }: Context, day: string): Promise<void> {
  if (args.values.yes === true) return;
  if (!isInteractive())
    throw badInput("confirmation_needed", `Closing ${day} cannot be taken back. Add --yes.`);
  const answer = await ask(`Close ${day} for good? [y/N] `);
  if (!/^y(es)?$/iu.test(answer.trim())) throw new CommandFailed("declined", "Nothing was closed.");
}
