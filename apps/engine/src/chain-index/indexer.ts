import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { rpcCodes } from "../bitcoin/rpc.ts";
import type { BitcoinRpc, RpcErrorCode } from "../bitcoin/rpc.ts";
import { satoshis } from "../bitcoin/core-types.ts";
import type { CoreBlock } from "../bitcoin/core-types.ts";
import { scriptHash } from "./script-hash.ts";

type IndexedTip = { readonly height: number; readonly hash: string };

export type ChainIndexer = {
  /**
   * Brings the index to Bitcoin Core's best block, following reorganisations, with one database transaction per
   * block, and returns the new tip. Several processes may call it at the same time. The tip is null while Bitcoin
   * Core is below the index's birthday.
   */
  readonly synchronise: () => Promise<Result<IndexedTip | null, RpcErrorCode>>;
  readonly tip: () => Promise<IndexedTip | null>;
  /** The next block that the index needs; null when it has never been started. */
  readonly nextHeight: () => Promise<number | null>;
};

/**
 * Key of the advisory lock that serialises writes: a running engine and its standby index at the same time. The
 * number is arbitrary; no other lock in this database uses it.
 */
const writerLock = 7_283_645_003n;

export function createChainIndexer(
  database: Database,
  rpc: BitcoinRpc,
  onDisconnected: (height: number) => void = () => {},
): ChainIndexer {
  /** Disconnects blocks that are no longer in the best chain. */
  async function disconnectStale(): Promise<Result<IndexedTip | null, RpcErrorCode>> {
    for (;;) {
      const indexed = await readTip(database);
      if (indexed === null) return ok(null);
      const best = await rpc.call<string>("getblockhash", [indexed.height]);
      if (best.ok && best.value === indexed.hash) return ok(indexed);
      // Only a different hash or "height out of range" proves that our block was disconnected.
      if (!best.ok && best.error.rpcCode !== rpcCodes.outOfRange) return best;
      await database.query("DELETE FROM chain.block WHERE height = $1 AND hash = $2", [
        indexed.height,
        Buffer.from(indexed.hash, "hex"),
      ]);
      onDisconnected(indexed.height);
    }
  }

  async function synchronise(): Promise<Result<IndexedTip | null, RpcErrorCode>> {
    for (;;) {
      const connected = await disconnectStale();
      if (!connected.ok) return connected;
      const count = await rpc.call<number>("getblockcount");
      if (!count.ok) return count;
      const next =
        connected.value === null
          ? await birthday(database, rpc, count.value)
          : connected.value.height + 1;
      if (next > count.value) return connected;
      const hash = await rpc.call<string>("getblockhash", [next]);
      if (!hash.ok) return hash;
      const [block, header] = await Promise.all([
        rpc.call<CoreBlock>("getblock", [hash.value, 2]),
        rpc.call<string>("getblockheader", [hash.value, false]),
      ]);
      if (!block.ok) return block;
      if (!header.ok) return header;
      // `add` adds nothing when the chain changed between two calls or another process added a block. Start over in
      // every case.
      await add(database, block.value, header.value, connected.value?.hash ?? null);
    }
  }

  return {
    synchronise,
    tip: () => readTip(database),
    async nextHeight() {
      const tip = await readTip(database);
      if (tip !== null) return tip.height + 1;
      const { rows } = await database.query<{ height: number }>(
        "SELECT height FROM chain.birthday",
      );
      return rows[0]?.height ?? null;
    },
  };
}

async function readTip(database: Queryable): Promise<IndexedTip | null> {
  const { rows } = await database.query<{ height: number; hash: Buffer }>(
    "SELECT height, hash FROM chain.block ORDER BY height DESC LIMIT 1",
  );
  const row = rows[0];
  return row === undefined ? null : { height: row.height, hash: row.hash.toString("hex") };
}

/**
 * The index's first height, stored when first needed: 0 on regtest unless it is pruned, elsewhere Bitcoin Core's height at
 * that time.
 */
async function birthday(database: Database, rpc: BitcoinRpc, tip: number): Promise<number> {
  const { rows } = await database.query<{ height: number }>("SELECT height FROM chain.birthday");
  const known = rows[0]?.height;
  if (known !== undefined) return known;
  const info = await rpc.call<{ readonly chain: string; readonly pruned: boolean }>(
    "getblockchaininfo",
  );
  const first = info.ok && info.value.chain === "regtest" && !info.value.pruned ? 0 : tip;
  const { rows: stored } = await database.query<{ height: number }>(
    `INSERT INTO chain.birthday (height) VALUES ($1)
     ON CONFLICT (id) DO UPDATE SET height = chain.birthday.height RETURNING height`,
    [first],
  );
  return stored[0]?.height ?? first;
}

/** Adds the block if `parent` is still the index's tip (null for an empty index). Returns whether it was added. */
async function add(
  database: Database,
  block: CoreBlock,
  header: string,
  parent: string | null,
): Promise<boolean> {
  if (parent !== null && block.previousblockhash !== parent) return false;
  const { outputs, spends } = columnsOf(block);
  return inTransaction(database, async (transaction) => {
    await transaction.query("SELECT pg_advisory_xact_lock($1)", [writerLock]);
    const tip = await readTip(transaction);
    if ((tip?.hash ?? null) !== parent) return false;
    await transaction.query(
      "INSERT INTO chain.block (height, hash, header, mined_at) VALUES ($1, $2, $3, $4)",
      [block.height, Buffer.from(block.hash, "hex"), Buffer.from(header, "hex"), block.time],
    );
    await transaction.query(
      `INSERT INTO chain.output (txid, vout, scripthash, value_sat, position, height)
       SELECT *, $6::integer FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::bigint[], $5::integer[])
       ON CONFLICT DO NOTHING`,
      [
        outputs.txid,
        outputs.vout,
        outputs.scripthash,
        outputs.value,
        outputs.position,
        block.height,
      ],
    );
    await transaction.query(
      `INSERT INTO chain.spend (txid, vout, spending_txid, vin, position, height)
       SELECT *, $6::integer FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::integer[], $5::integer[])
       ON CONFLICT DO NOTHING`,
      [spends.txid, spends.vout, spends.spender, spends.vin, spends.position, block.height],
    );
    return true;
  });
}

/** The block's outputs and spends as column arrays, for one `unnest` insert each. */
function columnsOf(block: CoreBlock) {
  const outputs = {
    txid: [] as Buffer[],
    vout: [] as number[],
    scripthash: [] as Buffer[],
    value: [] as number[],
    position: [] as number[],
  };
  const spends = {
    txid: [] as Buffer[],
    vout: [] as number[],
    spender: [] as Buffer[],
    vin: [] as number[],
    position: [] as number[],
  };
  block.tx.forEach((transaction, position) => {
    const txid = Buffer.from(transaction.txid, "hex");
    for (const output of transaction.vout) {
      outputs.txid.push(txid);
      outputs.vout.push(output.n);
      outputs.scripthash.push(scriptHash(output.scriptPubKey.hex));
      outputs.value.push(satoshis(output.value));
      outputs.position.push(position);
    }
    transaction.vin.forEach((input, vin) => {
      if (input.txid === undefined || input.vout === undefined) return;
      spends.txid.push(Buffer.from(input.txid, "hex"));
      spends.vout.push(input.vout);
      spends.spender.push(txid);
      spends.vin.push(vin);
      spends.position.push(position);
    });
  });
  return { outputs, spends };
}
