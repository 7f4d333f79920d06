import { expect } from "vitest";
import {
  mpesaPerLedger,
  mpesaPerMpesa,
  nodeAssets,
  readBooks,
  treasuryPerLedger,
} from "../../scripts/stack/books.ts";
import type { Books } from "../../scripts/stack/books.ts";
import type { TestSystem } from "./harness.ts";
import type { TestWallet } from "./wallets.ts";

/** Invariants of all books whenever no order is in progress. */
export async function expectBooksInOrder(test: TestSystem): Promise<Books> {
  const books = await readBooks(test.system, test.mpesa);
  expect(books.ledgerTotals, "the ledger's entries sum to zero").toEqual({ KES: 0n, MSAT: 0n });
  expect(mpesaPerLedger(books), "the ledger and M-Pesa's books, in cents").toBe(
    mpesaPerMpesa(books),
  );
  expect(treasuryPerLedger(books), "the ledger and the operator's node, in msat").toBe(
    nodeAssets(books),
  );
  expect(books.mpesaFindings, "M-Pesa's own audit").toEqual([]);
  return books;
}

/** Expects that no channel was closed, by force or cooperatively. */
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
