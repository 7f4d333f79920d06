import { startApi } from "./api.ts";
import { ConfigurationError, readConfiguration } from "./config.ts";
import type { Configuration } from "./config.ts";
import { createLogger } from "./app/logger.ts";
import { connectExternal } from "./external-adapters.ts";

/** A shutdown that takes longer is aborted. Nothing is lost: unfinished work continues at the next start. */
const maxShutdownMs = 15_000;

function configurationOrExit(): Configuration {
  try {
    return readConfiguration(process.env);
  } catch (error) {
    return exitInvalid(error);
  }
}

/** Exits with 78 (EX_CONFIG) if the configuration is invalid; rethrows any other error. */
function exitInvalid(error: unknown): never {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}

const configuration = configurationOrExit();
const log = createLogger(configuration.LOG_LEVEL);

// An uncaught exception is a bug. Exiting is safer than continuing: unfinished work continues at the next start.
process.on("uncaughtException", (error) => {
  log.fatal({ error }, "uncaught exception");
  process.exit(1);
});

try {
  const api = await startApi(configuration, connectExternal, log);
  log.info({ port: api.port, network: configuration.NETWORK }, "ready");

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), maxShutdownMs).unref();
    api.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, "stopping failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  if (error instanceof ConfigurationError) exitInvalid(error);
  log.fatal({ error }, "start failed");
  process.exit(1);
}
