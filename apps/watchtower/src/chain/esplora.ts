import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import { chainPolicy } from "../policy.ts";
import type { Chain } from "./chain.ts";

const id = z.string().regex(/^[0-9a-f]{64}$/u);
const blockSchema = z.object({ height: z.int().nonnegative(), previousblockhash: id.nullish() });
const outspendSchema = z.object({
  spent: z.boolean(),
  status: z.object({ confirmed: z.boolean() }).optional(),
});
/** Error texts of servers that know the transaction already. */
const alreadyKnown = /already in (?:block chain|mempool|utxo set)|txn-already|already-known/iu;

/** A chain over an Esplora server. @param url its base URL */
export function esploraChainOf(url: string): Chain {
  async function ask(path: string, init: RequestInit = {}) {
    try {
      const response = await fetch(`${url}/${path}`, {
        ...init,
        signal: AbortSignal.timeout(chainPolicy.timeoutMs),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return { status: 0, text: "no answer" };
    }
  }
  async function read<Value>(
    schema: z.ZodType<Value>,
    path: string,
    parse: (text: string) => unknown = JSON.parse,
  ): Promise<Result<Value, "chain_unreachable">> {
    const { status, text } = await ask(path);
    if (status !== 200) return unreachable(`${path}: ${String(status)}`);
    try {
      return ok(schema.parse(parse(text)));
    } catch {
      return unreachable(`${path}: unexpected content`);
    }
  }

  return {
    tipHeight: () => read(z.int().nonnegative(), "blocks/tip/height", Number),
    hashAt: (height) => read(id, `block-height/${String(height)}`, (text) => text.trim()),
    async block(hash) {
      const block = await read(blockSchema, `block/${hash}`);
      if (!block.ok) return block;
      const txids = await read(z.array(id), `block/${hash}/txids`);
      if (!txids.ok) return txids;
      const { height, previousblockhash } = block.value;
      return ok({ height, hash, previousHash: previousblockhash ?? "", txids: txids.value });
    },
    async feeRate() {
      const rates = await read(z.record(z.string(), z.number()), "fee-estimates");
      if (!rates.ok) return rates;
      const satPerVirtualByte = rates.value["6"];
      return ok(satPerVirtualByte === undefined ? null : Math.ceil(satPerVirtualByte * 250));
    },
    async broadcast(transaction) {
      const body = Buffer.from(transaction).toString("hex");
      const { status, text } = await ask("tx", { method: "POST", body });
      if (status === 200 || alreadyKnown.test(text)) return ok(undefined);
      return status === 400
        ? err("broadcast_rejected", `The server rejected the transaction: ${text}`, "never")
        : unreachable(`tx: ${String(status)}`);
    },
    async isSpent(txid, index) {
      const spend = await read(outspendSchema, `tx/${txid}/outspend/${String(index)}`);
      return spend.ok ? ok(spend.value.spent && spend.value.status?.confirmed === true) : spend;
    },
  };
}

function unreachable(reason: string) {
  return err("chain_unreachable", `Esplora gave no usable answer: ${reason}`, "safe");
}
