import { expect } from "vitest";
import { readBooks } from "../../scripts/stack/books.ts";
import type { Books } from "../../scripts/stack/books.ts";
import type { TestSystem } from "./harness.ts";
import type { TestWallet } from "./wallets.ts";

/** What must hold whenever nothing moves, whatever happened before. */
export async function expectBooksInOrder(test: TestSystem): Promise<Books> {
  const books = await readBooks(test.system, test.mpesa);
  expect(books.ledgerTotals, "the ledger's entries sum to zero").toEqual({ KES: 0n, MSAT: 0n });
  expect(books.mpesaFindings, "M-Pesa's own audit").toEqual([]);
  return books;
}

/** The ledger's M-Pesa accounts moved as M-Pesa's own did, and its treasury as the operator's node did. */
export function expectSameMovement(before: Books, after: Books): void {
  const moved = (account: string): bigint =>
    (after.ledger.get(account) ?? 0n) - (before.ledger.get(account) ?? 0n);
  const movedAtMpesa = [...after.mpesa].reduce(
    (sum, [account, cents]) =>
      account.startsWith("shortcode:") ? sum + cents - (before.mpesa.get(account) ?? 0n) : sum,
    0n,
  );
  expect(
    moved("mpesa_collections") +
      moved("mpesa_available") +
      moved("mpesa_reserved") +
      moved("mpesa_charges"),
    "M-Pesa's statement and the ledger, in cents",
  ).toBe(movedAtMpesa);
}

/** No channel was closed by force, or at all. */
export async function expectNoChannelClosed(
  wallet: TestWallet,
  test: TestSystem,
  channels: number,
): Promise<void> {
  const ours = await wallet.wallet.node.channels();
  expect(ours.filter((channel) => !channel.closing)).toHaveLength(channels);
  const theirs = await test.system.engine.node.listChannels(
    { peerNodeId: wallet.wallet.node.nodeId },
    { deadlineMs: 10_000 },
  );
  expect(theirs.ok && theirs.value.channels.length, "channels at the operator").toBe(channels);
  const balances = await wallet.wallet.balances();
  expect(balances.claimable, "nothing of the wallet waits on chain").toEqual([]);
}
