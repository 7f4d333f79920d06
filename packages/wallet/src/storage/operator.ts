import type { Info } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";
import type { KeyValueStore } from "./key-value-store.ts";

/** The operator that this wallet's channels are with. Read from the API at the first start, then stored. */
export type Operator = {
  readonly nodeId: string;
  /** Addresses of its node, `tcp://…` and `ws://…`, in order of preference. */
  readonly addresses: readonly string[];
  readonly esploraUrl: string;
  readonly network: Info["network"];
};

const storeKey = "operator";
const storedOperator = z.strictObject({
  nodeId: z.string(),
  addresses: z.array(z.string()),
  esploraUrl: z.string(),
  network: z.enum(["regtest", "signet", "testnet", "bitcoin"]),
});

/** The operator stored at an earlier start. */
export async function loadOperator(store: KeyValueStore): Promise<Operator | undefined> {
  const value = await store.get(storeKey);
  return value === undefined ? undefined : storedOperator.parse(JSON.parse(value));
}

/**
 * Stores the operator's node as the API describes it. Addresses may change. Another node id or network is refused with
 * `operator_changed`: the wallet's channels are with the stored node. `operator_unavailable` if the API reports
 * no node and nothing is stored.
 */
export async function updateOperator(
  store: KeyValueStore,
  info: Info,
): Promise<Result<Operator, "operator_unavailable" | "operator_changed">> {
  const stored = await loadOperator(store);
  if (info.node === null) {
    return stored === undefined
      ? err(
          "operator_unavailable",
          "The operator's node cannot be reached. Try again in a few minutes.",
          "safe",
        )
      : ok(stored);
  }
  if (stored !== undefined && (stored.nodeId !== info.node.id || stored.network !== info.network)) {
    return err(
      "operator_changed",
      "The server reports a different node from the one this wallet has its channels with. Check the server's address.",
      "never",
    );
  }
  const operator: Operator = {
    nodeId: info.node.id,
    addresses: [...info.node.tcpAddresses, ...info.node.websocketUrls],
    esploraUrl: info.node.esploraUrl,
    network: info.network,
  };
  await store.put(storeKey, JSON.stringify(operator));
  return ok(operator);
}
