import { err, ok } from "@satsconnect/money";
import type { Sat } from "@satsconnect/money";
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { doubleSha256, fromDisplayId, toDisplayId } from "../bitcoin/hash.ts";
import { merkleRoot } from "../bitcoin/merkle.ts";
import type { ChannelPosition } from "../core/output.ts";
import { estimatesFrom } from "../chain/fee-rates.ts";
import { parseTransaction } from "../bitcoin/transaction.ts";
import type { ParsedTransaction } from "../bitcoin/transaction.ts";
import type {
  BroadcastErrorCode,
  ChainConsumer,
  ChainSource,
  ChainTip,
  FundingOutput,
} from "../ports/chain-source.ts";
import type { Result } from "@satsconnect/money";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import type { Clock } from "../ports/clock.ts";
import { coinbase, scriptOfAddress } from "./transactions.ts";

/** High, because LDK's alias scids for unconfirmed channels could collide with real ones at low heights. */
const firstHeight = 800_000;
/** Compact difficulty target of regtest. */
const regtestBits = 0x207f_ffff;

export type Block = {
  readonly height: number;
  readonly hash: string;
  readonly header: Uint8Array;
  readonly timeMs: number;
  readonly transactions: readonly ParsedTransaction[];
};

/** A block chain in memory. Blocks are mined on demand; the mempool rejects unknown inputs and double spends. */
export class SimulatedChain {
  readonly #clock: Clock;
  #blocks: Block[] = [];
  #mempool: ParsedTransaction[] = [];
  readonly #watchers = new Set<() => void>();
  #extra = 0;
  /** The estimator's answer for every target, in sat/vB; undefined for none. Nodes ask once a minute. */
  satPerVirtualByte: number | undefined;
  /** Funding outputs that nodes have looked up. */
  lookups = 0;
  /** Ids of all transactions ever accepted by `broadcast`. */
  readonly accepted: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#append([]);
  }

  /** An independent copy under another clock. */
  clone(clock: Clock): SimulatedChain {
    const copy = new SimulatedChain(clock);
    copy.#blocks = [...this.#blocks];
    copy.#allBlocks.splice(0, Infinity, ...this.#allBlocks);
    copy.#mempool = [...this.#mempool];
    copy.#extra = this.#extra;
    copy.satPerVirtualByte = this.satPerVirtualByte;
    copy.accepted.push(...this.accepted);
    return copy;
  }

  get height(): number {
    return this.#best.height;
  }

  /** Every block ever mined, including disconnected ones. */
  get allBlocks(): readonly Block[] {
    return this.#allBlocks;
  }

  /** The best chain, oldest block first. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get unconfirmed(): readonly ParsedTransaction[] {
    return this.#mempool;
  }

  /** Submits transactions to the mempool. */
  broadcast(transactions: readonly Uint8Array[]): Result<void, BroadcastErrorCode> {
    return this.#broadcast(transactions);
  }

  /** Removes an unconfirmed transaction, as if it had been replaced. */
  evict(txid: string): void {
    this.#mempool = this.#mempool.filter((transaction) => transaction.txid !== txid);
  }

  get mempool(): readonly string[] {
    return this.#mempool.map(({ txid }) => txid);
  }

  /** Pays new coins to an address with the next block. */
  fund(address: string, amountSat: Sat): void {
    const script = scriptOfAddress(address);
    const bytes = coinbase(this.height + 1, ++this.#extra, [{ valueSat: amountSat, script }]);
    // give it an ordinary input: a coinbase would have to mature for 100 blocks
    bytes.set(doubleSha256(bytes), 7);
    this.#mempool.push(parseTransaction(bytes));
  }

  mine(blocks: number): void {
    for (let count = 0; count < blocks; count++) {
      this.#append(this.#mempool);
      this.#mempool = [];
    }
    for (const watcher of this.#watchers) watcher();
  }

  /** Disconnects the last blocks; their transactions return to the mempool. Mine more blocks than that afterwards. */
  disconnect(blocks: number): void {
    const disconnected = this.#blocks.splice(-blocks);
    this.#mempool.unshift(...disconnected.flatMap(({ transactions }) => transactions.slice(1)));
    // makes the replacement blocks differ
    this.#extra += 1;
  }

  source(): ChainSource {
    return {
      follows: "blocks",
      pollIntervalMs: 60_000,
      tip: async () => ok(tipOf(this.#best)),
      synchronise: (core) => this.#synchronise(core),
      feeEstimates: async () => {
        const rate = this.satPerVirtualByte;
        return ok(rate === undefined ? undefined : estimatesFrom(() => rate, undefined));
      },
      broadcast: async (transactions) => this.#broadcast(transactions),
      fundingOutput: async (channel) => {
        this.lookups += 1;
        return ok(this.#fundingOutput(channel));
      },
      watch: (onChange, signal) => {
        const watcher = (): void => this.#clock.soon(onChange);
        this.#watchers.add(watcher);
        signal.addEventListener("abort", () => this.#watchers.delete(watcher), { once: true });
      },
    };
  }

  #fundingOutput({ height, transactionIndex, outputIndex }: ChannelPosition): FundingOutput {
    const transaction = this.#at(height)?.transactions[transactionIndex];
    const output = transaction?.outputs[outputIndex];
    const name = `${transaction?.txid}:${outputIndex}`;
    const spent = this.#blocks.some((block) =>
      block.transactions.some(({ spends }) => spends.includes(name)),
    );
    if (output === undefined || spent) return { state: "missing" };
    return {
      state: "unspent",
      valueSat: output.valueSat,
      script: hexToBytes(output.scriptHex),
    };
  }

  get #best(): Block {
    const best = this.#blocks.at(-1);
    if (best === undefined) throw new Error("a chain without blocks");
    return best;
  }

  async #synchronise(core: ChainConsumer) {
    let { bestBlock } = await core.position();
    const known = this.#allBlocks;
    while (this.#at(bestBlock.height)?.hash !== bestBlock.hash) {
      const stale = known.find(({ hash }) => hash === bestBlock.hash);
      const parent = known.find(
        ({ hash }) => hash === (stale === undefined ? "" : parentOf(stale)),
      );
      if (parent === undefined)
        return err("chain_inconsistent", "The core's best block is unknown.", "never");
      bestBlock = parent;
      if (this.#at(parent.height)?.hash === parent.hash)
        await core.disconnectTo(parent.height, parent.header);
    }
    for (
      let next = this.#at(bestBlock.height + 1);
      next !== undefined;
      next = this.#at(next.height + 1)
    ) {
      await core.block(next.height, wholeBlock(next));
    }
    return ok(tipOf(this.#best));
  }

  readonly #allBlocks: Block[] = [];

  #at(height: number): Block | undefined {
    return this.#blocks[height - firstHeight];
  }

  #append(transactions: readonly ParsedTransaction[]): void {
    const previous = this.#blocks.at(-1);
    const height = previous === undefined ? firstHeight : previous.height + 1;
    const first = parseTransaction(
      coinbase(height, ++this.#extra, [{ valueSat: 0n, script: Uint8Array.of(0x51) }]),
    );
    const all = [first, ...transactions];
    const timeMs = Math.max(this.#clock.now(), (previous?.timeMs ?? 0) + 1000);
    const root = fromDisplayId(merkleRoot(all.map(({ txid }) => txid)));
    const header = solve(
      previous === undefined ? new Uint8Array(32) : fromDisplayId(previous.hash),
      root,
      timeMs,
    );
    const block = {
      height,
      hash: toDisplayId(doubleSha256(header)),
      header,
      timeMs,
      transactions: all,
    };
    this.#blocks.push(block);
    this.#allBlocks.push(block);
  }

  #broadcast(transactions: readonly Uint8Array[]): Result<void, BroadcastErrorCode> {
    for (const bytes of transactions) {
      const transaction = parseTransaction(bytes);
      const all = [...this.#blocks.flatMap((block) => block.transactions), ...this.#mempool];
      if (all.some(({ txid }) => txid === transaction.txid)) continue;
      for (const spent of transaction.spends) {
        const [txid = "", index = ""] = spent.split(":");
        const source = all.find((other) => other.txid === txid);
        if (source?.outputs[Number(index)] === undefined) {
          return err("broadcast_rejected", `bad-txns-inputs-missingorspent: ${spent}`, "never");
        }
        if (all.some((other) => other.spends.includes(spent))) {
          return err("broadcast_rejected", `txn-mempool-conflict: ${spent}`, "never");
        }
      }
      this.#mempool.push(transaction);
      this.accepted.push(transaction.txid);
    }
    return ok(undefined);
  }
}

function tipOf(block: Block): ChainTip {
  return { height: block.height, hash: block.hash, timeMs: block.timeMs };
}

function parentOf(block: Block): string {
  return toDisplayId(block.header.subarray(4, 36));
}

/** A block in its wire format. */
export function wholeBlock(block: Block): Uint8Array {
  const count = new ByteWriter()
    .u8(0xfd)
    .u8(block.transactions.length & 0xff)
    .u8(block.transactions.length >> 8);
  const size =
    block.transactions.length < 0xfd ? Uint8Array.of(block.transactions.length) : count.take();
  return concatBytes(block.header, size, ...block.transactions.map(({ bytes }) => bytes));
}

/** Mines a header at regtest difficulty. */
function solve(previous: Uint8Array, root: Uint8Array, timeMs: number): Uint8Array {
  for (let nonce = 0; ; nonce++) {
    const writer = new ByteWriter(80).u32(4).raw(previous).raw(root);
    const header = writer
      .u32(Math.floor(timeMs / 1000))
      .u32(regtestBits)
      .u32(nonce)
      .take();
    if ((doubleSha256(header)[31] ?? 0xff) < 0x80) return header;
  }
}
