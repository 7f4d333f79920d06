import { err, kes, msat, ok, rate } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { beforeEach, describe, expect, test } from "vitest";
import { defaultOperatorSettings } from "../../domain/operator-settings.ts";
import { createMemoryOrderStore } from "../../testing/memory-order-store.ts";
import type { MemoryOrderStore } from "../../testing/memory-order-store.ts";
import { createQuoteMaker } from "./quotes.ts";
import type { QuoteOptions } from "./quotes.ts";

const now = Date.UTC(2026, 10, 30, 9, 0, 0);
const holder = { walletId: "wallet", nodeId: "02ab", deviceId: null };

let store: MemoryOrderStore;
let payment: Result<void>;
let spendableMsat: bigint;
let lookUps: string[];
let budget: number;
let counted: number;

beforeEach(() => {
  store = createMemoryOrderStore();
  store.post(
    "opening",
    [
      { account: "mpesa_available", currency: "KES", amount: 100_000n },
      { account: "capital_kes", currency: "KES", amount: -100_000n },
    ],
    now,
  );
  payment = ok(undefined);
  spendableMsat = 10n ** 12n;
  lookUps = [];
  budget = 2;
  counted = 0;
});

function quote(request: {
  readonly kind: "buy" | "sell";
  readonly shillings: bigint;
  readonly msisdn?: string;
}) {
  let serial = 0;
  // Only what a quote uses.
  const options = {
    store,
    clock: { now: () => now },
    ids: { uuid: () => `quote-${(serial += 1)}-${lookUps.length}-${request.shillings}` },
    prices: {
      current: async () =>
        ok({
          rate: rate("KES", 1_000_000_000n),
          spreadPartsPerMillion: 15_000n,
          validForMs: 90_000,
          sources: [],
        }),
    },
    settings: defaultOperatorSettings,
    lightning: {
      estimateChannelOpen: async () =>
        ok({ needed: false, feeMsat: msat(0n), minAmountMsat: msat(0n) }),
      checkPayment: async () => payment,
      spendableMsat: async () => ok(msat(spendableMsat)),
    },
    payouts: {
      recipientName: async (msisdn: string) => {
        lookUps.push(msisdn);
        return ok({ name: "WANJIKU M•••••" });
      },
    },
    allowNameLookup: async () => {
      counted += 1;
      return counted > budget ? err("rate_limited", "Too many.", "safe") : ok(undefined);
    },
  } as unknown as QuoteOptions;
  return createQuoteMaker(options)({
    ...holder,
    kind: request.kind,
    amountKesCents: kes(request.shillings),
    amountMsat: null,
    msisdn: request.kind === "sell" ? (request.msisdn ?? "254712345678") : null,
  });
}

describe("a quote for a buy", () => {
  test.for([
    ["cap_exceeded", "liquidity_exhausted"],
    ["payments_paused", "liquidity_exhausted"],
    ["node_recovering", "liquidity_exhausted"],
    ["chain_unreliable", "engine_unavailable"],
    ["grpc_unavailable", "engine_unavailable"],
  ] as const)(
    "is refused before the person pays when the node would not: %s",
    async ([code, expected]) => {
      payment = err(code, "No.", "never");
      expect(await quote({ kind: "buy", shillings: 1_000n })).toMatchObject({
        error: { code: expected },
      });
    },
  );

  test("is refused when the node cannot send so much", async () => {
    spendableMsat = 1_000n;
    expect(await quote({ kind: "buy", shillings: 1_000n })).toMatchObject({
      error: { code: "liquidity_exhausted" },
    });
  });
});

describe("a quote for a sell", () => {
  test("38: is refused when the float does not cover it", async () => {
    expect((await quote({ kind: "sell", shillings: 1_000n })).ok).toBe(true);
    expect(await quote({ kind: "sell", shillings: 1_001n })).toMatchObject({
      error: { code: "float_exhausted", retry: "safe" },
    });
  });

  test("is refused when a limit of the wallet would be exceeded, with the limit in its sentence", async () => {
    store.post(
      "more",
      [
        { account: "mpesa_available", currency: "KES", amount: 100_000_000n },
        { account: "capital_kes", currency: "KES", amount: -100_000_000n },
      ],
      now,
    );
    const refused = await quote({ kind: "sell", shillings: 100_001n });
    expect(refused).toMatchObject({ error: { code: "new_number_limit_exceeded" } });
    expect(refused.ok ? "" : refused.error.message).toContain("100,000");
  });

  test("asks M-Pesa once for a name, within a budget that only valid quotes use", async () => {
    expect((await quote({ kind: "sell", shillings: 100n })).ok).toBe(true);
    expect((await quote({ kind: "sell", shillings: 200n })).ok).toBe(true);
    expect(lookUps).toEqual(["254712345678"]);
    // Refused for other reasons: no look-up, and nothing of the budget.
    await quote({ kind: "sell", shillings: 5n, msisdn: "254700000001" });
    await quote({ kind: "sell", shillings: 9_000n, msisdn: "254700000002" });
    expect(counted).toBe(1);
    expect((await quote({ kind: "sell", shillings: 100n, msisdn: "254700000003" })).ok).toBe(true);
    expect(await quote({ kind: "sell", shillings: 100n, msisdn: "254700000004" })).toMatchObject({
      error: { code: "rate_limited" },
    });
    expect(lookUps).toEqual(["254712345678", "254700000003"]);
  });
});
