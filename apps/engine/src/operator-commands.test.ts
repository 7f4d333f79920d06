import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "./operator-commands.ts";
import type { Options } from "./operator-commands.ts";
import { startGrpcWorld } from "./testing/grpc.ts";
import type { GrpcWorld } from "./testing/grpc.ts";

const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
let grpc: GrpcWorld;
beforeAll(async () => {
  grpc = await startGrpcWorld();
});
afterAll(() => grpc?.stop());

const run = (positionals: readonly string[], options: Options = {}) =>
  runCommand(grpc.operator, positionals, options);
const textOf = async (work: ReturnType<typeof run>): Promise<string> => {
  const result = await work;
  return result.ok ? result.value : `${result.error.code}: ${result.error.message}`;
};

describe("the operator's command line", () => {
  test("sends once however often it is repeated with a key, shows what waits, and bumps it", async () => {
    const options = { amount: "50000", "max-fee": "5000", key: "send-1", "sat-per-vbyte": "4.5" };
    const first = await textOf(run(["send", address], options));
    expect(first).toMatch(/^[0-9a-f]{64} \(fee 632 sat, key send-1\)$/u);
    expect(await textOf(run(["send", address], options))).toBe(first);
    const waiting = await textOf(run(["transactions"], { waiting: true }));
    expect(waiting.split("\n")).toHaveLength(1);
    expect(waiting).toContain("-50632 sat, waits, fee 632 sat (4.5 sat/vB), can be replaced");
    const txid = first.slice(0, 64);
    const bumped = await textOf(run(["bump", txid], { "max-fee": "9000", blocks: "2" }));
    expect(bumped).toMatch(/^[0-9a-f]{64} \(fee 2805 sat, key bump-[0-9a-f]{16}\)$/u);
    expect(await textOf(run(["bump", txid], { "max-fee": "9000" }))).toMatch(
      /^transaction_not_found/u,
    );
  });

  test("refuses a send without a limit for its fee, with two amounts or none, or above the limit", async () => {
    for (const options of [
      { amount: "1000" },
      { amount: "1000", all: true, "max-fee": "100" },
      { "max-fee": "100" },
      { amount: "0.1", "max-fee": "100" },
      { amount: "1000", "max-fee": "100", blocks: "2", "sat-per-vbyte": "1" },
      { amount: "1000", "max-fee": "100", blocks: "soon" },
    ]) {
      expect(await textOf(run(["send", address], options))).toMatch(/^invalid_request/u);
    }
    expect(await textOf(run(["send", address], { all: true, "max-fee": "10" }))).toMatch(
      /^fee_too_high/u,
    );
    expect(await textOf(run(["send", "not an address"], { all: true, "max-fee": "10" }))).toMatch(
      /^invalid_request: address/u,
    );
    expect(await textOf(run(["steal"]))).toMatch(/^invalid_request/u);
  });

  test("says that a close has only begun", async () => {
    grpc.world.addChannel({ peer: `02${"1f".repeat(32)}`, channelId: "dd".repeat(32) });
    expect(await textOf(run(["close", "dd".repeat(32)]))).toMatch(/^closing/u);
    expect(await textOf(run(["close", "ee".repeat(32)]))).toMatch(/^channel_not_found/u);
    expect(JSON.parse(await textOf(run(["treasury"])))).toMatchObject({
      onChainSpendableSat: "980000",
      feeRates: { urgent: 5_000 },
    });
  });

  test("rotates the state key once, and says which key may be removed", async () => {
    const [old, next] = ["aa".repeat(8), "bb".repeat(8)];
    expect(await textOf(run(["state-keys"]))).toBe(`${old} 40 values, current`);
    expect(await textOf(run(["rotate-state-key"]))).toContain(`new values are under ${next}`);
    expect((await textOf(run(["state-keys"]))).split("\n")).toEqual([
      `${old} 0 values, old, may be removed from STATE_KEY_FILE`,
      `${next} 40 values, current`,
      `rotation to ${next}: finished 2026-01-01T00:00:00.000Z; 80 looked at, 40 encrypted again`,
    ]);
    expect(await textOf(run(["rotate-state-key"]))).toMatch(/^state_key_not_added/u);
    for (const attempt of [
      grpc.api.node.rotateStateKey({}, { deadlineMs: 5_000 }),
      grpc.api.node.getStateKeys({}, { deadlineMs: 5_000 }),
    ]) {
      expect(await attempt).toMatchObject({ ok: false, error: { code: "operator_only" } });
    }
  });

  test("moves nothing for the api's certificate", async () => {
    const request = { idempotencyKey: "k", maxFeeSat: 1_000n } as const;
    const fee = { $case: "confirmationTargetBlocks", value: 6 } as const;
    for (const attempt of [
      grpc.api.node.sendOnChain(
        { ...request, fee, address, amount: { $case: "all", value: true } },
        { deadlineMs: 5_000 },
      ),
      grpc.api.node.bumpFee({ ...request, fee, txid: "ab".repeat(32) }, { deadlineMs: 5_000 }),
    ]) {
      expect(await attempt).toMatchObject({ ok: false, error: { code: "operator_only" } });
    }
  });
});
