import { expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { playSweep, prepareSweep } from "./sweep.ts";

const minute = 60_000;
/**
 * A seed takes about a second. Of the first 421, three end red, for reasons not found yet: 367 and 407 (a channel without
 * a funding stays closing because of an HTLC), and 415 (a wallet does not see some of its coins as confirmed).
 */
const seeds = { wide: 60, full: 500 }[process.env["SWEEP"] ?? ""] ?? 4;
const steps = seeds === 4 ? 30 : 40;

const loading = loadCore({ prefer: "wasm" });
const prepared = loading.then((core) => prepareSweep(core));

test.for([...Array(seeds).keys()])(
  "an operator, a merchant and two phones lose nothing to crashes, old states and wrong clocks: seed %i",
  { timeout: 5 * minute },
  async (seed) => {
    const core = await loading;
    const { faults } = await playSweep({ core, seed: String(seed), steps }, await prepared);
    expect(faults).toEqual([]);
  },
);

test("a seed replays the same run", { timeout: 5 * minute }, async () => {
  const core = await loading;
  const play = async () => {
    const lines: string[] = [];
    const trace = (line: string): void => {
      lines.push(line);
    };
    await playSweep({ core, seed: "replay", steps: 12, trace }, await prepared);
    return lines;
  };
  expect(await play()).toEqual(await play());
});
