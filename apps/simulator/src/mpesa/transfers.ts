import { kes } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { World } from "../world/world.ts";
import { balanceCents, trustAccount } from "./ledger.ts";
import { recordPayment } from "./payments.ts";
import type { Payment } from "./payments.ts";

/**
 * Moves an organisation's money on the portal: between its accounts, or to its bank (`null`). Both sides have the same
 * receipt (community). Undefined if the account does not hold the amount.
 */
export function transferFunds(
  world: World,
  from: string,
  to: string | null,
  amount: Fiat<"KES">,
): Payment | undefined {
  if (amount <= 0n || balanceCents(world.database, from) < amount) return undefined;
  const credit = to ?? trustAccount;
  const detail =
    to === null ? "Withdraw Funds to Bank" : `Transfer from ${name(from)} to ${name(to)}`;
  return recordPayment(
    world,
    {
      kind: "opening",
      status: "completed",
      resultCode: "0",
      amount,
      fee: kes(0n),
      debitAccount: from,
      creditAccount: credit,
      reference: "transfer",
      conversationId: null,
      originatorConversationId: null,
      initiatedAt: world.clock.now(),
    },
    [
      { account: from, cents: 0n - amount, detail },
      { account: credit, cents: amount, detail },
    ],
  );
}

/** `shortcode:600111:utility` as `600111 utility`. */
function name(account: string): string {
  return account.split(":").slice(1).join(" ");
}
