import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { toDisplayId } from "../bitcoin/hash.ts";
import { merkleBranch } from "../bitcoin/merkle.ts";
import type { ParsedTransaction } from "../bitcoin/transaction.ts";
import { wholeBlock } from "./chain.ts";
import type { Block, SimulatedChain } from "./chain.ts";

/** A `fetch` that answers as an Esplora API over a simulated chain. `tamper` may change the answers. */
export function esploraFetch(
  chain: SimulatedChain,
  tamper: (path: string, answer: string) => string = (_, answer) => answer,
): typeof fetch {
  return async (input, init) => {
    const path = new URL(urlOf(input)).pathname.replace(/^\/esplora\//u, "");
    if (init?.method === "POST") return post(chain, path, textOf(init.body));
    const answer = esploraAnswer(chain, path.split("/"));
    return answer === undefined
      ? new Response("not found", { status: 404 })
      : new Response(tamper(path, answer));
  };
}

function post(chain: SimulatedChain, path: string, body: string): Response {
  const hex = path === "tx" ? [body] : (JSON.parse(body) as string[]);
  const sent = chain.broadcast(hex.map(hexToBytes));
  return sent.ok ? new Response("ok") : new Response(sent.error.message, { status: 400 });
}

function esploraAnswer(chain: SimulatedChain, path: readonly string[]): string | undefined {
  const [first = "", second = "", third = "", fourth = ""] = path;
  const best = chain.blocks.at(-1);
  const block = chain.allBlocks.find(({ hash }) => hash === second);
  switch (first) {
    case "blocks":
      if (second !== "tip") return JSON.stringify(listOf(chain, Number(second)));
      return third === "height" ? String(best?.height) : best?.hash;
    case "block-headers":
      if (Number(second) < (chain.blocks[0]?.height ?? 0)) return "";
      return chain.blocks
        .filter(({ height }) => height >= Number(second))
        .slice(0, Number(third))
        .map(({ header }) => bytesToHex(header))
        .join("");
    case "block-height":
      return chain.blocks.find(({ height }) => height === Number(second))?.hash;
    case "block":
      if (block === undefined) return undefined;
      if (third === "txid") return block.transactions[Number(fourth)]?.txid;
      return third === "header"
        ? bytesToHex(block.header)
        : JSON.stringify({ in_best_chain: chain.blocks.includes(block), height: block.height });
    case "tx":
      return transactionAnswer(chain, second, third, Number(fourth));
    case "scripthash":
      if (third === "utxo") return JSON.stringify(unspentOf(chain, second));
      return third === "txs" && fourth === "" ? JSON.stringify(history(chain, second)) : "[]";
    case "fee-estimates":
      return JSON.stringify({ 2: 20, 6: 10.5, 144: 1.1 });
    default:
      return undefined;
  }
}

/** Ten blocks from a height downwards, with the fields of their headers. */
function listOf(chain: SimulatedChain, from: number) {
  return chain.blocks
    .filter(({ height }) => height <= from && height > from - 10)
    .toReversed()
    .map(({ height, hash, header }) => {
      const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
      return {
        id: hash,
        height,
        version: view.getUint32(0, true),
        previousblockhash: toDisplayId(header.subarray(4, 36)),
        merkle_root: toDisplayId(header.subarray(36, 68)),
        timestamp: view.getUint32(68, true),
        bits: view.getUint32(72, true),
        nonce: view.getUint32(76, true),
      };
    });
}

function transactionAnswer(
  chain: SimulatedChain,
  txid: string,
  detail: string,
  index: number,
): string | undefined {
  const found = find(chain, txid);
  if (found === undefined) return undefined;
  switch (detail) {
    case "hex":
      return bytesToHex(found.transaction.bytes);
    case "status":
      return JSON.stringify(statusOf(found.block));
    case "merkle-proof":
      return found.block === undefined ? undefined : JSON.stringify(proofOf(found.block, txid));
    case "outspend": {
      const spent = `${txid}:${index}`;
      const spender = all(chain).find(({ transaction }) => transaction.spends.includes(spent));
      return JSON.stringify(
        spender === undefined
          ? { spent: false }
          : { spent: true, txid: spender.transaction.txid, status: statusOf(spender.block) },
      );
    }
    default:
      return undefined;
  }
}

type LocatedTransaction = {
  readonly transaction: ParsedTransaction;
  readonly block: Block | undefined;
};

function all(chain: SimulatedChain): LocatedTransaction[] {
  return [
    ...chain.unconfirmed.map((transaction) => ({ transaction, block: undefined })),
    ...chain.blocks
      .toReversed()
      .flatMap((block) => block.transactions.map((transaction) => ({ transaction, block }))),
  ];
}

function find(chain: SimulatedChain, txid: string): LocatedTransaction | undefined {
  return all(chain).find(({ transaction }) => transaction.txid === txid);
}

function statusOf(block: Block | undefined) {
  return block === undefined
    ? { confirmed: false }
    : { confirmed: true, block_height: block.height, block_hash: block.hash };
}

function hashOf(scriptHex: string): string {
  return bytesToHex(sha256(hexToBytes(scriptHex)));
}

/** The outputs that pay a script and that no transaction spends. */
function unspentOf(chain: SimulatedChain, scriptHash: string) {
  const everything = all(chain);
  const spent = new Set(everything.flatMap(({ transaction }) => transaction.spends));
  return everything.flatMap(({ transaction: { txid, outputs }, block }) =>
    outputs.flatMap(({ scriptHex, valueSat }, vout) =>
      hashOf(scriptHex) === scriptHash && !spent.has(`${txid}:${vout}`)
        ? [{ txid, vout, value: Number(valueSat), status: statusOf(block) }]
        : [],
    ),
  );
}

function history(chain: SimulatedChain, scriptHash: string) {
  const everything = all(chain);
  const outputsOfScript = new Set(
    everything.flatMap(({ transaction }) =>
      transaction.outputs.flatMap(({ scriptHex }, at) =>
        hashOf(scriptHex) === scriptHash ? [`${transaction.txid}:${at}`] : [],
      ),
    ),
  );
  return everything
    .filter(
      ({ transaction }) =>
        transaction.outputs.some((_, at) => outputsOfScript.has(`${transaction.txid}:${at}`)) ||
        transaction.spends.some((spent) => outputsOfScript.has(spent)),
    )
    .map(({ transaction, block }) => ({ txid: transaction.txid, status: statusOf(block) }));
}

function proofOf(block: Block, txid: string) {
  const txids = block.transactions.map((transaction) => transaction.txid);
  const pos = txids.indexOf(txid);
  return { block_height: block.height, merkle: merkleBranch(txids, pos), pos };
}

/** A `fetch` that answers as Bitcoin Core's RPC over a simulated chain, and records the methods called. */
export function bitcoindFetch(chain: SimulatedChain, calls: string[] = []): typeof fetch {
  return async (_, init) => {
    const { method, params } = JSON.parse(textOf(init?.body)) as {
      readonly method: string;
      readonly params: readonly unknown[];
    };
    calls.push(method);
    const answer = rpcAnswer(chain, method, params);
    const body =
      "result" in answer ? { result: answer.result, error: null } : { result: null, error: answer };
    return new Response(JSON.stringify(body), { status: "result" in answer ? 200 : 500 });
  };
}

type RpcAnswer = { readonly result: unknown } | { readonly code: number; readonly message: string };

function rpcAnswer(chain: SimulatedChain, method: string, params: readonly unknown[]): RpcAnswer {
  const [first, second] = params;
  const block = chain.allBlocks.find(({ hash }) => hash === first);
  const missing = { code: -5, message: "Block not found" };
  switch (method) {
    case "getbestblockhash":
      return { result: chain.blocks.at(-1)?.hash };
    case "getblockhash": {
      const at = chain.blocks.find(({ height }) => height === first);
      return at === undefined
        ? { code: -8, message: "Block height out of range" }
        : { result: at.hash };
    }
    case "getblock":
      if (block === undefined) return missing;
      return {
        result:
          second === 0
            ? bytesToHex(wholeBlock(block))
            : { tx: block.transactions.map(({ txid }) => txid) },
      };
    case "gettxout":
      return { result: unspent(chain, String(first), Number(second)) };
    case "getblockheader":
      if (block === undefined) return missing;
      return { result: second === false ? bytesToHex(block.header) : headerInfo(chain, block) };
    case "sendrawtransaction": {
      if (find(chain, String(first)) !== undefined)
        return { code: -27, message: "already in block chain" };
      const sent = chain.broadcast([hexToBytes(String(first))]);
      return sent.ok ? { result: "" } : { code: -25, message: sent.error.message };
    }
    case "submitpackage": {
      const sent = chain.broadcast((first as string[]).map(hexToBytes));
      const error = sent.ok ? {} : { error: sent.error.message };
      return {
        result: {
          package_msg: sent.ok ? "success" : "transaction failed",
          "tx-results": { one: error },
        },
      };
    }
    case "getmempoolinfo":
      return { result: { size: 0, mempoolminfee: 0.00001, minrelaytxfee: 0.00001 } };
    case "estimatesmartfee":
      return {
        result:
          first === 2
            ? { feerate: 0.0002 }
            : first === 144
              ? { feerate: 0.00001 }
              : { errors: ["no"] },
      };
    default:
      return { code: -32601, message: "Method not found" };
  }
}

function unspent(chain: SimulatedChain, txid: string, index: number) {
  const transactions = chain.blocks.flatMap((block) => block.transactions);
  const output = transactions.find((one) => one.txid === txid)?.outputs[index];
  if (output === undefined) return null;
  if (transactions.some(({ spends }) => spends.includes(`${txid}:${index}`))) return null;
  const { valueSat, scriptHex } = output;
  return { value: Number(valueSat) / 100_000_000, scriptPubKey: { hex: scriptHex } };
}

function headerInfo(chain: SimulatedChain, block: Block) {
  return {
    hash: block.hash,
    height: block.height,
    time: Math.floor(block.timeMs / 1000),
    confirmations: chain.blocks.includes(block) ? chain.height - block.height + 1 : -1,
    previousblockhash: toDisplayId(block.header.subarray(4, 36)),
  };
}

function urlOf(input: Parameters<typeof fetch>[0]): string {
  if (typeof input === "string") return input;
  return input instanceof URL ? input.href : input.url;
}

/** Both chain sources send text bodies. */
function textOf(body: RequestInit["body"]): string {
  if (typeof body !== "string") throw new TypeError("the body is not text");
  return body;
}
