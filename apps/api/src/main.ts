import { startApi } from "./api.ts";
import { ConfigurationError, readConfiguration } from "./config.ts";
import type { Configuration } from "./config.ts";
import { createLogger } from "./app/logger.ts";
import { connectOutside } from "./external-adapters.ts";

/** How long an orderly end may take before the process ends all the same: nothing is lost by that. */
const patienceMs = 15_000;

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

// A bug: what is half done is finished by the next start, which is safer than going on.
process.on("uncaughtException", (error) => {
  log.fatal({ error }, "the process cannot go on");
  process.exit(1);
});

try {
  const api = await startApi(configuration, connectOutside, log);
  log.info({ port: api.port, network: configuration.NETWORK }, "ready");

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), patienceMs).unref();
    api.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, "the end was not orderly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  if (error instanceof ConfigurationError) refuse(error);
  log.fatal({ error }, "the api cannot start");
  process.exit(1);
}
