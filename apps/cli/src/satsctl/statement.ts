import { readFileSync } from "node:fs";
import { maxStatementLength, statementAccountNames } from "@satsconnect/contracts/admin";
import { badInput } from "../command-failed.ts";
import { atMost, positional } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";

/** Imports a statement file of M-Pesa's organisation portal. */
export async function statement(context: Context): Promise<void> {
  const { args, client, print } = context;
  if (args.positionals[0] !== "import")
    throw badInput("command_unknown", "satsctl statement import FILE");
  const name = positional(args, 1, "the statement file");
  atMost(args, 2);
  const { shortcode, account = "utility" } = args.values;
  const known = statementAccountNames.find((one) => one === account);
  if (shortcode === undefined || known === undefined)
    throw badInput(
      "arguments_invalid",
      `Say whose statement it is: --shortcode N --account ${statementAccountNames.join("|")}.`,
    );
  const imported = valueOf(
    context,
    await client("importStatement", {
      body: { shortcode, account: known, file: readStatement(name) },
    }),
  );
  const { lines, added, skipped, gaps, contradictions } = imported;
  print(
    [
      `Lines: ${lines}, new: ${added}. Rows that moved no money: ${skipped}.`,
      gaps === 0
        ? null
        : `Places where the balances show that rows are missing: ${gaps}. Export again.`,
      contradictions.length === 0
        ? null
        : `Reported before with another amount: ${contradictions.join(", ")}.`,
      "`satsctl books lines --state unmatched` lists what no order has.",
    ]
      .filter((line) => line !== null)
      .join("\n"),
    imported,
  );
}

function readStatement(name: string): string {
  let text: string;
  try {
    text = readFileSync(name, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw badInput("arguments_invalid", `${name} cannot be read (${reason}).`);
  }
  if (text.length > maxStatementLength)
    throw badInput("arguments_invalid", `${name} is too large. Export fewer days at a time.`);
  return text;
}
