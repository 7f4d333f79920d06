import { bitcoindChain } from "@satsconnect/lightning/nodejs";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import { chainPolicy } from "../policy.ts";
import type { Chain } from "./chain.ts";

const answerSchema = z.object({
  result: z.unknown(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});
const blockSchema = z.object({
  height: z.int().nonnegative(),
  hash: z.string(),
  previousblockhash: z.string().default(""),
  tx: z.array(z.string()),
});

/** A chain over the RPC of a Bitcoin Core. @param rpcUrl `http://user:password@host:port` */
export function bitcoindChainOf(rpcUrl: string): Chain {
  const source = bitcoindChain({ url: rpcUrl });
  const url = new URL(rpcUrl);
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  url.username = "";
  url.password = "";

  async function rpc<Value>(
    schema: z.ZodType<Value>,
    method: string,
    params: readonly unknown[],
  ): Promise<Result<Value, "chain_unreachable">> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "1.0", id: 1, method, params }),
        signal: AbortSignal.timeout(chainPolicy.timeoutMs),
      });
      const answer = answerSchema.parse(await response.json());
      if (answer.error !== null && answer.error !== undefined)
        return unreachable(`${method}: ${answer.error.message}`);
      return ok(schema.parse(answer.result));
    } catch (error) {
      return unreachable(`${method}: ${error instanceof Error ? error.message : "no answer"}`);
    }
  }

  return {
    tipHeight: () => rpc(z.int().nonnegative(), "getblockcount", []),
    hashAt: (height) => rpc(z.string(), "getblockhash", [height]),
    async block(hash) {
      const block = await rpc(blockSchema, "getblock", [hash, 1]);
      if (!block.ok) return block;
      const { height, previousblockhash, tx } = block.value;
      return ok({ height, hash, previousHash: previousblockhash, txids: tx });
    },
    async feeRate() {
      const estimates = await source.feeEstimates();
      if (!estimates.ok) return unreachable(estimates.error.message);
      return ok(estimates.value?.targets?.soon ?? null);
    },
    async broadcast(transaction) {
      const sent = await source.broadcast([transaction]);
      return sent.ok || sent.error.code === "broadcast_rejected"
        ? sent
        : unreachable(sent.error.message);
    },
    async isSpent(txid, index) {
      const output = await rpc(z.unknown(), "gettxout", [txid, index, false]);
      return output.ok ? ok(output.value === null) : output;
    },
  };
}

function unreachable(reason: string) {
  return err("chain_unreachable", `Bitcoin Core gave no usable answer: ${reason}`, "safe");
}
