import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { anyPortBase } from "../../scripts/stack/addresses.ts";
import { openMpesa } from "../../scripts/stack/mpesa.ts";
import type { Mpesa } from "../../scripts/stack/mpesa.ts";
import { startSystem } from "../../scripts/stack/system.ts";
import type { System, SystemOptions } from "../../scripts/stack/system.ts";

/** A complete system for one test file, in a folder that is deleted afterwards. */
export type TestSystem = {
  readonly system: System;
  readonly mpesa: Mpesa;
  /** Creates a customer with money and a phone number of its own. @returns the MSISDN. */
  readonly addCustomer: (name: string) => Promise<string>;
  readonly stop: () => Promise<void>;
};

export async function startTestSystem(
  name: string,
  options: Partial<SystemOptions> = {},
): Promise<TestSystem> {
  const home = mkdtempSync(path.join(tmpdir(), `satsconnect-${name}-`));
  const system = await startSystem({
    home,
    ownServers: true,
    portBase: anyPortBase(),
    // Tests mine blocks explicitly; the slow miner confirms what they did not wait for.
    miner: { everyMs: 20_000, afterTransactionMs: 1_000 },
    ...options,
  });
  const mpesa = openMpesa(system.urls.simulator);
  // No artificial delays by default; tests that need them set them.
  await mpesa.settings({
    promptDelayMs: 100,
    callbackDelayMs: 100,
    payoutDelayMs: 200,
    inquiryDelayMs: 200,
    repeatWindowMs: 0,
    queryBusyPercent: 0,
  });
  return {
    system,
    mpesa,
    async addCustomer(fullName) {
      const msisdn = `2547${String(randomInt(10_000_000, 99_999_999))}`;
      await mpesa.addCustomer(msisdn, fullName, 20_000_000n);
      return msisdn;
    },
    async stop() {
      await system.stop();
      if (process.env["SATSCONNECT_KEEP"] === undefined)
        rmSync(home, { recursive: true, force: true });
    },
  };
}
