import type { Wallet } from "@satsconnect/wallet";
import {
  mpesaPerLedger,
  mpesaPerMpesa,
  nodeAssets,
  readBooks,
  treasuryPerLedger,
} from "../stack/books.ts";
import type { Books } from "../stack/books.ts";
import { openMerchant } from "../stack/merchant.ts";
import type { MovedAmounts, Tools } from "./story.ts";
import { kesText, satText, table } from "./table.ts";

/** Balances of all parties at one moment. */
export type Balances = {
  readonly books: Books;
  readonly walletMsat: bigint;
  readonly merchantMsat: bigint;
  /** Total capacity of the operator's open channels. */
  readonly capacityMsat: bigint;
};

export async function readBalances(
  { system, mpesa }: Tools,
  wallet: Wallet | null,
): Promise<Balances> {
  const books = await readBooks(system, mpesa);
  const channels = await system.engine.node.listChannels(
    { peerNodeId: "" },
    { deadlineMs: 10_000 },
  );
  if (!channels.ok) throw new Error(channels.error.message);
  const merchant = await openMerchant(system.urls.merchant).node();
  return {
    books,
    walletMsat: wallet === null ? 0n : (await wallet.balances()).channelsMsat,
    merchantMsat: merchant.channelsMsat,
    capacityMsat: channels.value.channels.reduce(
      (sum, channel) => sum + channel.capacitySat * 1_000n,
      0n,
    ),
  };
}

type Check = {
  readonly name: string;
  readonly actual: bigint;
  readonly expected: bigint;
  readonly text: (value: bigint) => string;
};

const mpesaOf = (balances: Balances, account: string): bigint =>
  balances.books.mpesa.get(account) ?? 0n;
/** Step 5: prints all balances side by side. @returns true when all agree to the satoshi and to the cent. */
export function compareBalances(
  before: Balances,
  after: Balances,
  moved: MovedAmounts,
): { readonly text: string; readonly agrees: boolean } {
  const bitcoin: readonly (readonly [string, (balances: Balances) => bigint])[] = [
    ["Wallet's node", (balances) => balances.walletMsat],
    ["Merchant's node", (balances) => balances.merchantMsat],
    ["Operator's node: channels", ({ books }) => books.operator.channelsMsat],
    ["Operator's node: on chain", ({ books }) => books.operator.onChainMsat],
    ["Operator's node: total", ({ books }) => nodeAssets(books)],
    ["Ledger: treasury", ({ books }) => treasuryPerLedger(books)],
    ["Capacity of all channels", (balances) => balances.capacityMsat],
  ];
  const shillings: readonly (readonly [string, (balances: Balances) => bigint])[] = [
    ["M-Pesa: buyer", (balances) => mpesaOf(balances, "customer:254700000001")],
    ["M-Pesa: recipient", (balances) => mpesaOf(balances, "customer:254700000002")],
    ["M-Pesa: operator's accounts", ({ books }) => mpesaPerMpesa(books)],
    ["Ledger: M-Pesa", ({ books }) => mpesaPerLedger(books)],
  ];
  const rows = (
    of: readonly (readonly [string, (balances: Balances) => bigint])[],
    unit: string,
    text: (value: bigint, signed?: boolean) => string,
  ): string =>
    table([
      [unit, "before", "after", "change"],
      ...of.map(([name, read]) => [
        name,
        text(read(before)),
        text(read(after)),
        text(read(after) - read(before), true),
      ]),
    ]);
  const change = (read: (balances: Balances) => bigint): bigint => read(after) - read(before);
  const checks: readonly Check[] = [
    {
      name: "wallet: bought minus sent, routing fees and sold",
      actual: change(({ walletMsat }) => walletMsat),
      expected: moved.boughtMsat - moved.sentMsat - moved.routingMsat - moved.soldMsat,
      text: satText,
    },
    {
      name: "merchant: received the amount that was sent",
      actual: change(({ merchantMsat }) => merchantMsat),
      expected: moved.sentMsat,
      text: satText,
    },
    {
      name: "channels: balances of both sides add up to the capacity",
      actual: after.walletMsat + after.merchantMsat + after.books.operator.channelsMsat,
      expected: after.capacityMsat,
      text: satText,
    },
    {
      name: "ledger: treasury equals the assets of the operator's node",
      actual: treasuryPerLedger(after.books),
      expected: nodeAssets(after.books),
      text: satText,
    },
    {
      name: "ledger: M-Pesa balance equals M-Pesa's own books",
      actual: mpesaPerLedger(after.books),
      expected: mpesaPerMpesa(after.books),
      text: kesText,
    },
    {
      name: "ledger: entries sum to zero in KES",
      actual: after.books.ledgerTotals["KES"] ?? -1n,
      expected: 0n,
      text: kesText,
    },
    {
      name: "ledger: entries sum to zero in millisatoshis",
      actual: after.books.ledgerTotals["MSAT"] ?? -1n,
      expected: 0n,
      text: satText,
    },
    {
      name: "M-Pesa: its audit has no findings",
      actual: BigInt(after.books.mpesaFindings.length),
      expected: 0n,
      text: String,
    },
  ];
  const results = checks.map(({ name, actual, expected, text }) =>
    actual === expected
      ? `   ok:      ${name}`
      : `   FAILED:  ${name}: ${text(actual)}, expected ${text(expected)}`,
  );
  return {
    text: [rows(bitcoin, "sat", satText), "", rows(shillings, "KES", kesText), "", ...results].join(
      "\n",
    ),
    agrees: checks.every(({ actual, expected }) => actual === expected),
  };
}
