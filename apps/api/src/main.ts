import { startApi } from "./api.ts";
import { ConfigurationError, readConfiguration } from "./config.ts";
import type { Configuration } from "./config.ts";
import { createLogger } from "./app/logger.ts";
import { connectExternal } from "./external-adapters.ts";

/** After this long a shutdown that hangs is cut off. Nothing is lost: the next start finishes what was left. */
const maxShutdownMs = 15_000;

function configurationOrExit(): Configuration {
  try {
    return readConfiguration(process.env);
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}

const configuration = configurationOrExit();
const log = createLogger(configuration.LOG_LEVEL);

// A bug. Exiting is safer than continuing: the next start finishes what was left.
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
  if (error instanceof ConfigurationError) refuse(error);
  log.fatal({ error }, "start failed");
  process.exit(1);
}
