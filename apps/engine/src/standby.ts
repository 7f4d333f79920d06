import { setTimeout as sleep } from "node:timers/promises";
import { LightningNode } from "@satsconnect/lightning";
import type { LightningNodeOptions } from "@satsconnect/lightning";
import type { Logger } from "./logger.ts";

const lookAgainMs = 500;

/**
 * Opens the node, waiting as a standby while another process holds its lease, and for the chain while it is away.
 * Undefined when the signal aborts first. @throws when the state itself is refused: a person must look.
 */
export async function openWhenFree(
  options: LightningNodeOptions,
  logger: Logger,
  signal: AbortSignal,
): Promise<LightningNode | undefined> {
  let said = "";
  while (!signal.aborted) {
    const opened = await LightningNode.open(options);
    if (opened.ok) return opened.value;
    const { code, message } = opened.error;
    if (code !== "store_fenced" && code !== "chain_unreachable")
      throw new Error(`${code}: ${message}`);
    if (said !== code) {
      logger.info(
        { code },
        code === "store_fenced"
          ? "standing by: another engine runs this node"
          : "waiting for the chain",
      );
    }
    said = code;
    await sleep(lookAgainMs, undefined, { signal }).catch(() => {});
  }
  return undefined;
}
