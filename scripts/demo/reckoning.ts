import type { Wallet } from "@satsconnect/wallet";
import { readBooks } from "../stack/books.ts";
import type { Books } from "../stack/books.ts";
import { openMerchant } from "../stack/merchant.ts";
import type { Deeds, Tools } from "./story.ts";
import { kesText, satText, table } from "./table.ts";

/** Everybody's balances at one moment. */
export type Balances = {
  readonly books: Books;
  readonly walletMsat: bigint;
  readonly merchantMsat: bigint;
  /** The capacity of every open channel of the operator. */
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

const ledgerOf = (balances: Balances, account: string): bigint =>
  balances.books.ledger.get(account) ?? 0n;
const mpesaOf = (balances: Balances, account: string): bigint =>
  balances.books.mpesa.get(account) ?? 0n;
const operatorMpesa = (balances: Balances): bigint =>
  [...balances.books.mpesa].reduce(
    (sum, [account, cents]) => (account.startsWith("shortcode:") ? sum + cents : sum),
    0n,
  );
const operatorLedgerKes = (balances: Balances): bigint =>
  ["mpesa_collections", "mpesa_available", "mpesa_reserved", "mpesa_charges"].reduce(
    (sum, account) => sum + ledgerOf(balances, account),
    0n,
  );
const operatorNode = ({ books }: Balances): bigint =>
  books.operator.channelsMsat + books.operator.onChainMsat;
/** What the node earned by forwarding and spent on chain, and the ledger has not been told yet. */
const notInLedger = (balances: Balances): bigint =>
  balances.books.operator.feesEarnedMsat +
  ledgerOf(balances, "node_income") -
  (balances.books.operator.onChainFeesMsat - ledgerOf(balances, "node_expenses"));

/** Step 5: everything side by side. @returns whether all of it agrees, to the satoshi and to the cent. */
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
    ["The ledger: treasury", (balances) => ledgerOf(balances, "treasury")],
    ["All channels: capacity", (balances) => balances.capacityMsat],
  ];
  const shillings: readonly (readonly [string, (balances: Balances) => bigint])[] = [
    ["M-Pesa: the buyer", (balances) => mpesaOf(balances, "customer:254700000001")],
    ["M-Pesa: the recipient", (balances) => mpesaOf(balances, "customer:254700000002")],
    ["M-Pesa: the operator's accounts", operatorMpesa],
    ["The ledger: M-Pesa", operatorLedgerKes],
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
      what: "the ledger's treasury moved as the operator's node did (forwarding earned, chain fees paid)",
      left: change(operatorNode),
      right: change((balances) => ledgerOf(balances, "treasury") + notInLedger(balances)),
      text: satText,
    },
    {
      what: "the ledger's M-Pesa moved as M-Pesa's own books did",
      left: change(operatorMpesa),
      right: change(operatorLedgerKes),
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
