import type { Wallet } from "@satsconnect/wallet";
import {
  mpesaInLedger,
  mpesaOutside,
  ownedByNode,
  readBooks,
  treasuryInLedger,
} from "../stack/books.ts";
import type { Books } from "../stack/books.ts";
import { openMerchant } from "../stack/merchant.ts";
import type { Deeds, Tools } from "./story.ts";
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
  readonly what: string;
  readonly left: bigint;
  readonly right: bigint;
  readonly text: (value: bigint) => string;
};

const mpesaOf = (balances: Balances, account: string): bigint =>
  balances.books.mpesa.get(account) ?? 0n;
/** Step 5: prints all balances side by side. @returns true when all agree to the satoshi and to the cent. */
export function reckon(
  before: Balances,
  after: Balances,
  deeds: Deeds,
): { readonly text: string; readonly agrees: boolean } {
  const bitcoin: readonly (readonly [string, (balances: Balances) => bigint])[] = [
    ["The wallet's own node", (balances) => balances.walletMsat],
    ["The merchant's own node", (balances) => balances.merchantMsat],
    ["The operator's node: its side of all channels", ({ books }) => books.operator.channelsMsat],
    ["The operator's node: coins on chain", ({ books }) => books.operator.onChainMsat],
    ["The operator's node: all of it", ({ books }) => ownedByNode(books)],
    ["The ledger: treasury", ({ books }) => treasuryInLedger(books)],
    ["All channels: capacity", (balances) => balances.capacityMsat],
  ];
  const shillings: readonly (readonly [string, (balances: Balances) => bigint])[] = [
    ["M-Pesa: the buyer", (balances) => mpesaOf(balances, "customer:254700000001")],
    ["M-Pesa: the recipient", (balances) => mpesaOf(balances, "customer:254700000002")],
    ["M-Pesa: the operator's accounts", ({ books }) => mpesaOutside(books)],
    ["The ledger: M-Pesa", ({ books }) => mpesaInLedger(books)],
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
      what: "the wallet has what it bought, less what it sent, the way, and what it sold",
      left: change(({ walletMsat }) => walletMsat),
      right: deeds.boughtMsat - deeds.sentMsat - deeds.routingMsat - deeds.soldMsat,
      text: satText,
    },
    {
      what: "the merchant has what was sent",
      left: change(({ merchantMsat }) => merchantMsat),
      right: deeds.sentMsat,
      text: satText,
    },
    {
      what: "both sides of all channels are their capacity",
      left: after.walletMsat + after.merchantMsat + after.books.operator.channelsMsat,
      right: after.capacityMsat,
      text: satText,
    },
    {
      what: "the ledger's treasury is what the operator's node owns",
      left: treasuryInLedger(after.books),
      right: ownedByNode(after.books),
      text: satText,
    },
    {
      what: "the ledger's M-Pesa is what M-Pesa's own books say",
      left: mpesaInLedger(after.books),
      right: mpesaOutside(after.books),
      text: kesText,
    },
    {
      what: "the ledger's entries sum to zero in shillings",
      left: after.books.ledgerTotals["KES"] ?? -1n,
      right: 0n,
      text: kesText,
    },
    {
      what: "the ledger's entries sum to zero in bitcoin",
      left: after.books.ledgerTotals["MSAT"] ?? -1n,
      right: 0n,
      text: satText,
    },
    {
      what: "M-Pesa's audit of itself finds nothing",
      left: BigInt(after.books.mpesaFindings.length),
      right: 0n,
      text: String,
    },
  ];
  const verdicts = checks.map(({ what, left, right, text }) =>
    left === right
      ? `   agrees:   ${what}`
      : `   DIFFERS:  ${what}: ${text(left)} and ${text(right)}`,
  );
  return {
    text: [
      rows(bitcoin, "sat", satText),
      "",
      rows(shillings, "KES", kesText),
      "",
      ...verdicts,
    ].join("\n"),
    agrees: checks.every(({ left, right }) => left === right),
  };
}
