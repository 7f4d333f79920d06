import { randomUUID } from "node:crypto";
import { badInput } from "../command-failed.ts";
import { resultText } from "./acts.ts";
import { atMost, positional, reasonOf } from "./arguments.ts";
import { valueOf } from "./context.ts";
import type { Context } from "./context.ts";
import { table, when } from "./table.ts";

/** Lists, adds and disables operators. */
export async function operators(context: Context): Promise<void> {
  const { args, client, print } = context;
  const [verb] = args.positionals;
  if (verb === undefined) {
    const list = valueOf(context, await client("listOperators"));
    const rows = list.operators.flatMap((operator) => {
      const status =
        operator.disabledAt !== null
          ? `disabled ${when(operator.disabledAt) ?? ""}`
          : operator.enrolmentExpiresAt === null
            ? "active"
            : `link open until ${when(operator.enrolmentExpiresAt) ?? ""}`;
      const keys = operator.passkeys.map(({ label, fingerprint, lastUsedAt }) => [
        label,
        fingerprint,
        when(lastUsedAt) ?? "never used",
      ]);
      return (keys.length === 0 ? [["no passkey", "", ""]] : keys).map((key) => [
        operator.name,
        status,
        ...key,
      ]);
    });
    print(
      rows.length === 0
        ? 'No operators. Add the first: satsctl operators add NAME --reason "first operator"'
        : table(["name", "status", "passkey", "fingerprint", "last used"], rows),
      list,
    );
    return;
  }
  if (verb !== "add" && verb !== "disable")
    throw badInput("command_unknown", "satsctl operators [add NAME | disable NAME]");
  const name = positional(args, 1, "the operator's name");
  atMost(args, 2);
  const result = valueOf(
    context,
    await client(verb === "add" ? "addOperator" : "disableOperator", {
      body: { id: randomUUID(), name, reason: reasonOf(args) },
    }),
  );
  print(resultText(result, context.consoleUrl), result);
}

/** Shows who the certificate makes the caller. */
export async function whoami(context: Context): Promise<void> {
  atMost(context.args, 0);
  const session = valueOf(context, await context.client("whoAmI"));
  context.print(
    `${session.operator.name}, by ${session.via}, on ${session.network}. Alone up to KES ${BigInt(session.fourEyesKesCents) / 100n} in 24 hours.`,
    session,
  );
}
