import { once } from "node:events";
import { readConfiguration } from "./config.ts";
import { createLogger } from "./logger.ts";
import { startWatchtower } from "./watchtower.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());

let logger = createLogger("info");
try {
  const configuration = readConfiguration(process.env);
  logger = createLogger(configuration.LOG_LEVEL);
  const watchtower = await startWatchtower(configuration, logger);
  logger.info({ url: watchtower.url, address: watchtower.address }, "ready");
  if (!stop.signal.aborted) await once(stop.signal, "abort");
  await watchtower.close();
  logger.info("stopped");
} catch (error) {
  logger.fatal(
    { error: error instanceof Error ? error.message : String(error) },
    "the watchtower has failed",
  );
  process.exitCode = 1;
}
