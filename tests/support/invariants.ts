import { expect } from "vitest";
import {
  mpesaInLedger,
  mpesaOutside,
  ownedByNode,
  readBooks,
  treasuryInLedger,
} from "../../scripts/stack/books.ts";
import type { Books } from "../../scripts/stack/books.ts";
import type { TestSystem } from "./harness.ts";
import type { TestWallet } from "./wallets.ts";

/** What must hold whenever nothing moves, whatever happened before. */
export async function expectBooksInOrder(test: TestSystem): Promise<Books> {
  const books = await readBooks(test.system, test.mpesa);
  expect(books.ledgerTotals, "the ledger's entries sum to zero").toEqual({ KES: 0n, MSAT: 0n });
  expect(mpesaInLedger(books), "the ledger and M-Pesa's books, in cents").toBe(mpesaOutside(books));
  expect(treasuryInLedger(books), "the ledger and the operator's node, in msat").toBe(
    ownedByNode(books),
  );
  expect(books.mpesaFindings, "M-Pesa's own audit").toEqual([]);
  return books;
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
