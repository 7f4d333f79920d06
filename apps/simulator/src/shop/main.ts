import { mkdirSync } from "node:fs";
import { ConfigurationError } from "../shared/environment.ts";
import { readMerchantConfiguration } from "./config.ts";
import { problem } from "../web/responses.ts";
import { Router } from "../web/router.ts";
import { isFromElsewhere } from "../web/same-site.ts";
import { listen } from "../web/listen.ts";
import { openLogger } from "../shared/logger.ts";
import { untilStopped } from "../shared/until-stopped.ts";
import { merchantApi } from "./api.ts";
import { openMerchantNode } from "./node.ts";
import { merchantPages } from "./pages.ts";

/** The process: a merchant with a Lightning node of its own, and the shop in front of it. */
async function main(): Promise<void> {
  const configuration = readMerchantConfiguration(process.env);
  const logger = openLogger("merchant", configuration.LOG_LEVEL);
  mkdirSync(configuration.STATE_DIR, { recursive: true, mode: 0o700 });
  const merchant = await openMerchantNode(configuration, logger);
  const router = new Router();
  merchantApi(router, merchant.node);
  merchantPages(router, merchant.node);
  const server = await listen(
    configuration.HTTP_LISTEN,
    (request) =>
      request.method !== "GET" && request.method !== "HEAD" && isFromElsewhere(request)
        ? problem(403, "cross_site", "This may only be pressed on the shop's own pages.")
        : router.handle(request),
    logger,
  );
  const { node } = merchant;
  logger.info({ url: server.url, nodeId: node.nodeId, core: node.core.kind }, "ready");
  await Promise.race([untilStopped(), node.stopped]);
  await server.close();
  await merchant.close();
  logger.info("stopped");
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
