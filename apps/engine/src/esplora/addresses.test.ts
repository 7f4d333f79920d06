import { err, ok } from "@satsconnect/money";
import { expect, test } from "vitest";
import type { RpcFailure } from "../bitcoin/rpc.ts";
import { getAddress } from "./addresses.ts";
import type { EsploraContext } from "./answer.ts";

const script = "11".repeat(32);
const [known, lost] = ["aa".repeat(32), "bb".repeat(32)];

/** A context in which Bitcoin Core refuses to describe `lost`, as it does while it cannot read a block. */
function contextWith(confirmed: readonly string[], waiting: readonly string[]): EsploraContext {
  const refused: { readonly ok: false; readonly error: RpcFailure } = {
    ok: false,
    error: { code: "bitcoind_refused", message: "Undo data", retry: "never", rpcCode: -32_603 },
  };
  const transaction = {
    txid: known,
    version: 2,
    locktime: 0,
    size: 1,
    weight: 4,
    vin: [],
    vout: [],
  };
  return {
    network: "regtest",
    rpc: {
      call: async (_method: string, [txid]: readonly unknown[] = []) =>
        txid === lost ? refused : ok(transaction as never),
      batch: async () => err("bitcoind_unreachable", "Not used.", "safe"),
    },
    reader: {
      transactionsOf: async () => confirmed,
      blockOf: async (txid: string) =>
        confirmed.includes(txid) ? { height: 1, hash: "cc".repeat(32), time: 1 } : null,
    },
    mempool: { transactionsOf: () => waiting },
  } as unknown as EsploraContext;
}

const history = (context: EsploraContext) => getAddress(context, ["scripthash", script, "txs"]);

test("a history without one of its confirmed transactions is not answered as if it were complete", async () => {
  expect((await history(contextWith([known, lost], []))).status).toBe(503);
});

test("a transaction that has left the mempool in the meantime is left out", async () => {
  const answer = await history(contextWith([known], [lost]));
  expect(answer.status).toBe(200);
  expect(JSON.parse(String(answer.body))).toMatchObject([{ txid: known }]);
});
