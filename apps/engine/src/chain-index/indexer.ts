import { createHash } from "node:crypto";
import { inTransaction } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { BitcoinRpc, RpcErrorCode } from "../bitcoin/rpc.ts";
import { satoshis } from "../bitcoin/types.ts";
import type { CoreBlock } from "../bitcoin/types.ts";

export type IndexedTip = { readonly height: number; readonly hash: string };

export type ChainIndexer = {
  /** Brings the index to Bitcoin Core's best block, over reorganisations; one database transaction a block. */
  readonly synchronise: () => Promise<Result<IndexedTip, RpcErrorCode>>;
  readonly tip: () => Promise<IndexedTip | null>;
};

/** SHA-256 of a script: how Esplora names it. */
export function scriptHash(script: string): Buffer {
  return createHash("sha256").update(Buffer.from(script, "hex")).digest();
}

export function createChainIndexer(database: Database, rpc: BitcoinRpc): ChainIndexer {
  async function tip(): Promise<IndexedTip | null> {
    const { rows } = await database.query<{ height: number; hash: Buffer }>(
      "SELECT height, hash FROM chain_block ORDER BY height DESC LIMIT 1",
    );
    const row = rows[0];
    return row === undefined ? null : { height: row.height, hash: row.hash.toString("hex") };
  }

  /** Takes blocks off that are no longer in the best chain. */
  async function disconnectStale(): Promise<Result<IndexedTip | null, RpcErrorCode>> {
    for (;;) {
      const indexed = await tip();
      if (indexed === null) return ok(null);
      const best = await rpc.call<string>("getblockhash", [indexed.height]);
      if (best.ok && best.value === indexed.hash) return ok(indexed);
      if (!best.ok && best.error.code === "bitcoind_unreachable") return best;
      await database.query("DELETE FROM chain_block WHERE height = $1", [indexed.height]);
    }
  }

  async function add(block: CoreBlock, header: string): Promise<void> {
    const outputs = { txid: [], vout: [], script: [], value: [], position: [] } as Columns;
    const spends = { txid: [], vout: [], script: [], value: [], position: [] } as Columns;
    block.tx.forEach((transaction, position) => {
      const txid = Buffer.from(transaction.txid, "hex");
      for (const output of transaction.vout) {
        outputs.txid.push(txid);
        outputs.vout.push(output.n);
        outputs.script.push(scriptHash(output.scriptPubKey.hex));
        outputs.value.push(satoshis(output.value));
        outputs.position.push(position);
      }
      transaction.vin.forEach((input, vin) => {
        if (input.txid === undefined || input.vout === undefined) return;
        spends.txid.push(Buffer.from(input.txid, "hex"));
        spends.vout.push(input.vout);
        spends.script.push(txid);
        spends.value.push(vin);
        spends.position.push(position);
      });
    });
    await inTransaction(database, async (transaction) => {
      await transaction.query(
        "INSERT INTO chain_block (height, hash, header, mined_at) VALUES ($1, $2, $3, $4)",
        [block.height, Buffer.from(block.hash, "hex"), Buffer.from(header, "hex"), block.time],
      );
      await transaction.query(
        `INSERT INTO chain_output (txid, vout, scripthash, value_sat, position, height)
         SELECT *, $6::integer FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::bigint[], $5::integer[])`,
        [outputs.txid, outputs.vout, outputs.script, outputs.value, outputs.position, block.height],
      );
      await transaction.query(
        `INSERT INTO chain_spend (txid, vout, spending_txid, vin, position, height)
         SELECT *, $6::integer FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::integer[], $5::integer[])`,
        [spends.txid, spends.vout, spends.script, spends.value, spends.position, block.height],
      );
    });
  }

  async function synchronise(): Promise<Result<IndexedTip, RpcErrorCode>> {
    for (;;) {
      const standing = await disconnectStale();
      if (!standing.ok) return standing;
      const count = await rpc.call<number>("getblockcount");
      if (!count.ok) return count;
      // The birthday: on regtest the whole chain, elsewhere the block at which the engine first started.
      const next =
        standing.value === null
          ? (await isRegtest(rpc))
            ? 0
            : count.value
          : standing.value.height + 1;
      if (next > count.value && standing.value !== null) return ok(standing.value);
      const hash = await rpc.call<string>("getblockhash", [next]);
      if (!hash.ok) return hash;
      const [block, header] = await Promise.all([
        rpc.call<CoreBlock>("getblock", [hash.value, 2]),
        rpc.call<string>("getblockheader", [hash.value, false]),
      ]);
      if (!block.ok) return block;
      if (!header.ok) return header;
      const parent = block.value.previousblockhash;
      // The chain moved between two calls: look again from the start.
      if (standing.value !== null && parent !== standing.value.hash) continue;
      await add(block.value, header.value);
    }
  }

  return { synchronise, tip };
}

type Columns = {
  readonly txid: Buffer[];
  readonly vout: number[];
  readonly script: Buffer[];
  readonly value: number[];
  readonly position: number[];
};

async function isRegtest(rpc: BitcoinRpc): Promise<boolean> {
  const info = await rpc.call<{ readonly chain: string }>("getblockchaininfo");
  return info.ok && info.value.chain === "regtest";
}
