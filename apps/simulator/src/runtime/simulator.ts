import { kes } from "@satsconnect/money";
import type { Logger } from "pino";
import { join } from "node:path";
import { WorkQueue } from "../world/work-queue.ts";
import { ChangeNotifier } from "../world/change-notifier.ts";
import type { Clock } from "../shared/clock.ts";
import { openCredentialKey } from "../daraja/security-credential.ts";
import { Gateway } from "../daraja/gateway.ts";
import type { ConsumerApp } from "../daraja/tokens.ts";
import type { Entropy } from "../shared/entropy.ts";
import {
  addCustomer,
  addShortcode,
  initialCustomers,
  openSafaricomAccounts,
} from "../mpesa/setup.ts";
import { Prices } from "../rates/prices.ts";
import { Runner } from "./runner.ts";
import type { Send } from "./runner.ts";
import { changeSettings, readValue, writeValue } from "../world/settings.ts";
import type { SettingsChange } from "../world/settings.ts";
import { Database } from "../store/database.ts";
import type { World } from "../world/world.ts";

export type SimulatorOptions = {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly logger: Logger;
  readonly send: Send;
  readonly app: ConsumerApp;
  readonly shortcode: string;
  readonly payoutShortcode: string;
  readonly organisationName: string;
  readonly passkey: string;
  readonly initiatorName: string;
  readonly initiatorPassword: string;
  /** Applied at every start, over the stored settings. */
  readonly settings: SettingsChange;
};

/** M-Pesa, its gateway and the price feeds, with their state in one folder. */
export type Simulator = {
  readonly world: World;
  readonly gateway: Gateway;
  readonly runner: Runner;
  readonly prices: Prices;
  readonly certificateFile: string;
  readonly close: () => Promise<void>;
};

/** Initial balances of the payout shortcode's utility account, so that payouts can be made at once, and of working accounts. */
const openingUtility = kes(2_000_000n);
const openingWorking = kes(500_000n);

/**
 * Opens the state folder. The first time, creates the accounts, the customers, the organisation's shortcodes and the
 * certificate for initiators. Nothing runs until `runner.start()`.
 */
export function openSimulator(options: SimulatorOptions): Simulator {
  const { clock, entropy, logger } = options;
  const database = new Database(join(options.stateDir, "simulator.sqlite"));
  const world: World = {
    database,
    clock,
    entropy,
    workQueue: new WorkQueue(database),
    changes: new ChangeNotifier(),
  };
  const credentialKey = openCredentialKey(options.stateDir, clock);
  database.transaction(() => {
    if (readValue(database, "opened_at") === undefined) {
      openSafaricomAccounts(world);
      for (const customer of initialCustomers) addCustomer(world, customer);
      writeValue(database, "price_seed", Buffer.from(entropy.bytes(8)).toString("hex"));
      writeValue(database, "opened_at", clock.now().toString());
    }
    for (const shortcode of new Set([options.shortcode, options.payoutShortcode])) {
      if (database.get("SELECT 1 FROM shortcode WHERE shortcode = ?", shortcode) !== undefined)
        continue;
      addShortcode(world, {
        shortcode,
        name: options.organisationName,
        kind: "paybill",
        paysOut: shortcode === options.payoutShortcode,
        // A shortcode that only collects starts empty.
        utility: shortcode === options.payoutShortcode ? openingUtility : kes(0n),
        working: openingWorking,
      });
    }
    changeSettings(database, options.settings);
  });
  const gateway = new Gateway(world, options.app, {
    passkey: options.passkey,
    initiatorName: options.initiatorName,
    initiatorPassword: options.initiatorPassword,
    credentialKey: credentialKey.privateKey,
  });
  const runner = new Runner(world, options.send, logger);
  return {
    world,
    gateway,
    runner,
    prices: new Prices(world),
    certificateFile: credentialKey.certificateFile,
    async close() {
      await runner.stop();
      database.close();
    },
  };
}
