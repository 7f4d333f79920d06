import { mkdirSync } from "node:fs";
import { runMain } from "../shared/run-main.ts";
import { openLogger } from "../shared/logger.ts";
import { untilStopped } from "../shared/until-stopped.ts";
import { listen } from "../web/listen.ts";
import { merchantApp } from "./app.ts";
import { readMerchantConfiguration } from "./config.ts";
import { openMerchantNode } from "./node.ts";

/** Runs the merchant process: the merchant's Lightning node and its shop. */
async function main(): Promise<void> {
  const configuration = readMerchantConfiguration(process.env);
  const logger = openLogger("merchant", configuration.LOG_LEVEL);
  mkdirSync(configuration.STATE_DIR, { recursive: true, mode: 0o700 });
  const merchant = await openMerchantNode(configuration, logger);
  const { node } = merchant;
  const server = await listen(merchantApp(node, logger), configuration.HTTP_LISTEN);
  logger.info({ url: server.url, nodeId: node.nodeId, core: node.core.kind }, "ready");
  await Promise.race([untilStopped(), node.stopped]);
  await server.close();
  await merchant.close();
  logger.info("stopped");
}

await runMain(main);
