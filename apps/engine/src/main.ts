import { createLogger } from "./logger.ts";
import { readConfiguration } from "./config.ts";
import { runEngine } from "./engine.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());

let logger = createLogger("info");
try {
  const configuration = readConfiguration(process.env);
  logger = createLogger(configuration.LOG_LEVEL);
  const reason = await runEngine(configuration, logger, stop.signal);
  process.exitCode = reason === "signal" ? 0 : 1;
} catch (error) {
  logger.fatal(
    { error: error instanceof Error ? error.message : String(error) },
    "the engine has failed",
  );
  process.exitCode = 1;
}
process.exit();
