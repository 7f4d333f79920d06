import type { Info } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { Notes } from "./key-value-store.ts";

/** The operator that this wallet's channels are with. Learnt once, at the wallet's first start, and kept. */
export type Operator = {
  readonly nodeId: string;
  /** Ways to its node, `tcp://…` and `ws://…`, tried in this order. */
  readonly addresses: readonly string[];
  readonly esploraUrl: string;
  readonly network: Info["network"];
};

const noteKey = "operator";
const operatorNote = z.strictObject({
  nodeId: z.string(),
  addresses: z.array(z.string()),
  esploraUrl: z.string(),
  network: z.enum(["regtest", "signet", "testnet", "bitcoin"]),
});

/** The operator as noted at an earlier start. */
export async function knownOperator(notes: Notes): Promise<Operator | undefined> {
  const note = await notes.get(noteKey);
  return note === undefined ? undefined : operatorNote.parse(JSON.parse(note));
}

/**
 * Takes what the API says of the operator's node. A wallet that has channels with one node never follows the API to
 * another: the answer with another node id is refused. Addresses may move.
 */
export async function learnOperator(
  notes: Notes,
  info: Info,
): Promise<Result<Operator, "operator_unavailable" | "operator_changed">> {
  const known = await knownOperator(notes);
  if (info.node === null) {
    return known === undefined
      ? err(
          "operator_unavailable",
          "The operator's node cannot be reached now. Try again soon.",
          "safe",
        )
      : ok(known);
  }
  if (known !== undefined && (known.nodeId !== info.node.id || known.network !== info.network)) {
    return err(
      "operator_changed",
      "The server names another node than the one that this wallet's money is with. Check the server address.",
      "never",
    );
  }
  const operator: Operator = {
    nodeId: info.node.id,
    addresses: [...info.node.tcpAddresses, ...info.node.websocketUrls],
    esploraUrl: info.node.esploraUrl,
    network: info.network,
  };
  await notes.put(noteKey, JSON.stringify(operator));
  return ok(operator);
}
