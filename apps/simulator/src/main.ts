import { mkdirSync } from "node:fs";
import { simulatorApp } from "./app.ts";
import { systemClock } from "./shared/clock.ts";
import { readSimulatorConfiguration } from "./config.ts";
import { runMain } from "./shared/run-main.ts";
import { systemEntropy } from "./shared/entropy.ts";
import { listen } from "./web/listen.ts";
import { openLogger } from "./shared/logger.ts";
import { sendOverHttp } from "./callbacks/send-over-http.ts";
import { openSimulator } from "./runtime/simulator.ts";
import { untilStopped } from "./shared/until-stopped.ts";

/** Runs the simulator process: Daraja, price feeds, handsets and the control API, on one state folder. */
async function main(): Promise<void> {
  const configuration = readSimulatorConfiguration(process.env);
  const logger = openLogger("simulator", configuration.LOG_LEVEL);
  mkdirSync(configuration.STATE_DIR, { recursive: true, mode: 0o700 });
  const simulator = openSimulator({
    stateDir: configuration.STATE_DIR,
    clock: systemClock,
    entropy: systemEntropy,
    logger,
    send: sendOverHttp,
    app: { key: configuration.DARAJA_CONSUMER_KEY, secret: configuration.DARAJA_CONSUMER_SECRET },
    shortcode: configuration.DARAJA_SHORTCODE,
    payoutShortcode: configuration.DARAJA_B2C_SHORTCODE,
    organisationName: configuration.ORGANISATION_NAME,
    passkey: configuration.DARAJA_PASSKEY,
    initiatorName: configuration.DARAJA_INITIATOR_NAME,
    initiatorPassword: configuration.DARAJA_INITIATOR_PASSWORD,
    settings: configuration.SIMULATOR_SETTINGS,
  });
  const server = await listen(simulatorApp(simulator, logger), configuration.HTTP_LISTEN);
  simulator.runner.start();
  logger.info(
    {
      url: server.url,
      control: `${server.url}/control`,
      handset: `${server.url}/handset`,
      certificateFile: simulator.certificateFile,
    },
    "ready",
  );
  await untilStopped();
  await server.close();
  await simulator.close();
  logger.info("stopped");
}

await runMain(main);
