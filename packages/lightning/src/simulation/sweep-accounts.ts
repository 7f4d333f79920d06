import { isCommitmentTransaction, parseTransaction } from "../bitcoin/transaction.ts";
import type { ParsedTransaction } from "../bitcoin/transaction.ts";
import { decodeEvent } from "../model/codec.ts";
import { isFinal } from "../model/payment.ts";
import type { Channel } from "../model/views.ts";
import type { Payment } from "../model/payment.ts";
import type { StoreWrite } from "../ports/commit-store.ts";
import type { SimulatedChain } from "./chain.ts";

/** Value of an anchor output (BOLT 3). */
const anchorSat = 330n;
/** Most that a close rounds away for one side: fractions of a satoshi, and a balance below the dust limit. */
const roundingSat = 360n;

type Output = ParsedTransaction["outputs"][number];

type Close = {
  readonly node: string;
  readonly txid: string;
  readonly commit: number;
  readonly valueSat: bigint;
  mayBeLost: boolean;
};

/** The balances of one party at the beginning and at the end, on chain and in channels. */
export type Wealth = { readonly before: bigint; readonly after: bigint };

/**
 * Follows every node's stored events and transactions, and checks at the end where each satoshi went. It knows what nodes
 * have forgotten that were restored to an older state.
 */
export class Accounts {
  readonly faults: string[] = [];
  /** `txid:index` of every channel's funding output. */
  readonly #fundings = new Set<string>();
  /** Transaction id → the node that broadcast it first. */
  readonly #broadcasters = new Map<string, string>();
  /** `node/hash/direction` → the last record, or the last final one. */
  readonly #records = new Map<string, Payment>();
  readonly #payments = new Map<string, { readonly payer: string; readonly payee: string }>();
  /** `node` → funding outputs that it must not spend, with the reason. */
  readonly #forbidden = new Map<string, Map<string, string>>();
  /** Payments whose end a restored node may not know, by hash: the largest amount that can depend on it. */
  readonly #unsure = new Map<string, { readonly amountMsat: bigint; readonly node: string }>();

  /** Commitment transactions that nodes have broadcast. */
  readonly #closes: Close[] = [];
  /** Number of each node's last commit. */
  readonly #commits = new Map<string, number>();

  /** A payment that is about to be made. */
  expect(hash: string, payer: string, payee: string): void {
    this.#payments.set(hash, { payer, payee });
  }

  /** A channel that was open before the accounts began. */
  opened(opener: string, { channelId, funding }: Channel): void {
    if (funding === null) return;
    this.#fundings.add(outputOf(funding));
    this.#channels.set(channelId, outputOf(funding));
    this.#broadcasters.set(funding.txid, opener);
  }

  broadcast(node: string, bytes: Uint8Array): void {
    const { txid, spends, outputs } = parseTransaction(bytes);
    if (!this.#broadcasters.has(txid)) this.#broadcasters.set(txid, node);
    if (isCommitmentTransaction(bytes)) {
      const valueSat = outputs.reduce((sum, output) => sum + output.valueSat, 0n);
      this.#closes.push({
        node,
        txid,
        commit: this.#commits.get(node) ?? 0,
        valueSat,
        mayBeLost: false,
      });
    }
    for (const output of spends) {
      const reason = this.#forbidden.get(node)?.get(output);
      if (reason !== undefined) this.faults.push(`${node} spent the funding ${output}: ${reason}`);
    }
  }

  committed(node: string, write: StoreWrite): void {
    this.#commits.set(node, write.number);
    for (const { value } of write.events) {
      const event = decodeEvent(value);
      switch (event.type) {
        case "channelPending":
          this.#fundings.add(outputOf(event.funding));
          this.#channels.set(event.channelId, outputOf(event.funding));
          break;
        case "channelFellBehind":
          if (event.side === "own") this.forbid(node, event.channelId, "its state is older");
          break;
        case "payment": {
          const { payment } = event;
          const key = `${node}/${payment.paymentHash}/${payment.direction}`;
          const earlier = this.#records.get(key);
          if (earlier === undefined || !moved(earlier)) this.#records.set(key, payment);
          break;
        }
        default:
      }
    }
  }
  readonly #channels = new Map<string, string>();

  /** From now on this node may not spend the channel's funding output. */
  forbid(node: string, channelId: string, reason: string): void {
    const outputs = this.#forbidden.get(node) ?? new Map<string, string>();
    const funding = this.#channels.get(channelId);
    if (funding !== undefined) outputs.set(funding, reason);
    this.#forbidden.set(node, outputs);
  }

  /**
   * A node gets the state of an older commit. Its payments that are not final, or were not final lately, may end unknown
   * to it. What its own commitment transactions pay it with a delay is lost if its old state does not know the channel,
   * or is older than that transaction.
   */
  restored(
    node: string,
    {
      commit,
      isForwarder,
      finalBefore,
    }: { readonly commit: number; readonly isForwarder: boolean; readonly finalBefore: number },
  ): void {
    for (const close of this.#closes)
      if (close.node === node && close.commit > commit) close.mayBeLost = true;
    for (const [hash, { payer, payee }] of this.#payments) {
      if (payer !== node && payee !== node && !isForwarder) continue;
      const records = [
        this.#records.get(`${payer}/${hash}/outbound`),
        this.#records.get(`${payee}/${hash}/inbound`),
      ].filter((record) => record !== undefined);
      const open = records.some(
        (record) => !isFinal(record) || (record.finishedAt ?? 0) > finalBefore,
      );
      if (!open) continue;
      const amounts = records.map((record) =>
        record.direction === "outbound"
          ? record.amountMsat + record.maxFeeMsat
          : (record.amountMsat ?? 0n),
      );
      const amountMsat = amounts.reduce((most, amount) => (amount > most ? amount : most), 0n);
      this.#unsure.set(hash, { amountMsat, node });
    }
  }

  /** Compares what everybody has with what the records and the chain say. */
  check(chain: SimulatedChain, wealth: ReadonlyMap<string, Wealth>): readonly string[] {
    const faults = [...this.faults];
    const { fees, anchors, closes, coins, unclaimed } = this.#readChain(chain);
    const wallets = [...wealth.values()].reduce((sum, { after }) => sum + after, 0n);
    if (coins !== wallets) faults.push(`the wallets have ${wallets} sat, their coins ${coins} sat`);
    const left = unclaimed.reduce((sum, { valueSat }) => sum + valueSat, 0n);
    const confirmed = new Set(
      chain.blocks.flatMap(({ transactions }) => transactions.map(({ txid }) => txid)),
    );
    const lost = this.#closes.filter(({ mayBeLost, txid }) => mayBeLost && confirmed.has(txid));
    const unsureSat =
      lost.reduce((sum, { valueSat }) => sum + valueSat, 0n) +
      [...this.#unsure.values()].reduce(
        (sum, { amountMsat }) => sum + amountMsat / 1_000n + 1n,
        0n,
      );
    if (left > unsureSat) {
      const list = unclaimed.map(({ output, valueSat }) => `${output} ${valueSat}`).join(", ");
      faults.push(`nobody has claimed ${left} sat (${unsureSat} sat may be lost): ${list}`);
    }
    const nets = this.#nets([...wealth.keys()]);
    for (const [node, { before, after }] of wealth) {
      const [netMsat, unsureMsat] = nets.get(node) ?? [0n, 0n];
      const loss = before - after + netMsat / 1_000n;
      const closed = lost
        .filter((close) => close.node === node)
        .reduce((sum, { valueSat }) => sum + valueSat, 0n);
      const margin = closed + unsureMsat / 1_000n + closes * roundingSat + 1n;
      const most = (fees.get(node) ?? 0n) + margin;
      const least = -(anchors * anchorSat) - margin;
      if (loss > most || loss < least) {
        faults.push(
          `${node} lost ${loss} sat besides its payments (${netMsat} msat); its fees explain ${least} to ${most}`,
        );
      }
    }
    return faults;
  }

  /** For each node, the sum of its payments, and how much of it is unknown. */
  #nets(nodes: readonly string[]): ReadonlyMap<string, readonly [bigint, bigint]> {
    const nets = new Map(nodes.map((node) => [node, [0n, 0n] as [bigint, bigint]]));
    const add = (node: string, msat: bigint, unsure: bigint): void => {
      const net = nets.get(node);
      if (net === undefined) return;
      net[0] += msat;
      net[1] += unsure;
    };
    for (const [hash, { payer, payee }] of this.#payments) {
      const paid = this.#records.get(`${payer}/${hash}/outbound`);
      const got = this.#records.get(`${payee}/${hash}/inbound`);
      const outMsat =
        paid?.direction === "outbound" && paid.state === "succeeded"
          ? paid.amountMsat + (paid.feeMsat ?? 0n)
          : 0n;
      const inMsat =
        got?.direction === "inbound" && got.state === "claimed" ? (got.receivedMsat ?? 0n) : 0n;
      const unsure = this.#unsure.get(hash);
      if (unsure === undefined && outMsat > 0n !== inMsat > 0n)
        this.faults.push(`${hash}: payer says ${paid?.state}, payee says ${got?.state}`);
      const unsureMsat = unsure?.amountMsat ?? 0n;
      add(payer, -outMsat, unsureMsat);
      add(payee, inMsat, unsureMsat);
      if (payer !== "lsp" && payee !== "lsp") add("lsp", outMsat - inMsat, unsureMsat);
    }
    return nets;
  }

  #readChain(chain: SimulatedChain) {
    const outputs = new Map<string, Output>();
    const all: ParsedTransaction[] = chain.blocks.flatMap(({ transactions }) =>
      transactions.slice(1),
    );
    for (const { txid, outputs: made } of all)
      for (const [index, output] of made.entries()) outputs.set(`${txid}:${index}`, output);
    const fees = new Map<string, bigint>();
    const unspent = new Map(outputs);
    let anchors = 0n;
    let closes = 0n;
    for (const transaction of all) {
      const spent = transaction.spends.map((output) => outputs.get(output));
      // coins that the simulation has created
      if (spent.includes(undefined)) continue;
      for (const output of transaction.spends) unspent.delete(output);
      const inSat = spent.reduce((sum, output) => sum + (output?.valueSat ?? 0n), 0n);
      const outSat = transaction.outputs.reduce((sum, { valueSat }) => sum + valueSat, 0n);
      const funding = transaction.spends.find((output) => this.#fundings.has(output));
      const own = transaction.outputs.filter(({ valueSat }) => valueSat === anchorSat).length;
      let payer = this.#broadcasters.get(transaction.txid) ?? "";
      let paid = inSat - outSat;
      if (funding !== undefined) {
        // whoever opened a channel pays for closing it
        payer = this.#broadcasters.get(funding.slice(0, 64)) ?? "";
        paid += BigInt(own) * anchorSat;
        anchors += BigInt(own);
        closes += 1n;
      }
      fees.set(payer, (fees.get(payer) ?? 0n) + paid);
    }
    let coins = 0n;
    const unclaimed: { readonly output: string; readonly valueSat: bigint }[] = [];
    for (const [output, { valueSat, scriptHex }] of unspent) {
      // wallets have P2WPKH addresses; outputs of channels are P2WSH
      if (scriptHex.startsWith("0014")) coins += valueSat;
      else if (valueSat !== anchorSat) unclaimed.push({ output, valueSat });
    }
    return { fees, anchors, closes, coins, unclaimed };
  }
}

function outputOf({ txid, index }: { readonly txid: string; readonly index: number }): string {
  return `${txid}:${index}`;
}

function moved(payment: Payment): boolean {
  return payment.state === "succeeded" || payment.state === "claimed";
}
