import { setTimeout as sleep } from "node:timers/promises";
import { LightningNode } from "@satsconnect/lightning";
import type { LightningNodeOptions } from "@satsconnect/lightning";
import type { Logger } from "./logger.ts";
import { standbyRetryMs } from "./policy.ts";

/**
 * Opens the node. While another process holds the node's lease, this process is its standby: it retries until the
 * lease has expired (`leaseMs` in policy.ts) and then takes over. It also waits while Bitcoin Core is unreachable.
 * @param onStandby called at each attempt while another engine runs the node.
 * @returns undefined when the signal aborts first.
 * @throws Error for any other failure, for example stored state that cannot be used: that needs an operator.
 */
export async function openWhenLeaseIsFree(
  options: LightningNodeOptions,
  logger: Logger,
  signal: AbortSignal,
  onStandby: () => Promise<void>,
): Promise<LightningNode | undefined> {
  let logged = "";
  while (!signal.aborted) {
    const opened = await LightningNode.open(options);
    if (opened.ok) return opened.value;
    const { code, message } = opened.error;
    if (code !== "store_fenced" && code !== "chain_unreachable")
      throw new Error(`${code}: ${message}`);
    if (logged !== code) {
      logger.info(
        { code },
        code === "store_fenced"
          ? "standby: another engine runs this node"
          : "waiting for Bitcoin Core",
      );
    }
    logged = code;
    if (code === "store_fenced") await onStandby();
    await sleep(standbyRetryMs, undefined, { signal }).catch(() => {});
  }
  return undefined;
}
