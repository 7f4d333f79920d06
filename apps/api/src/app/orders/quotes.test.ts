import { err, fiat, msat, rate } from "@satsconnect/money";
import { expect, test } from "vitest";
import { defaultOperatorSettings } from "../../domain/operator-settings.ts";
import { createQuoteMaker } from "./quotes.ts";
import type { QuoteOptions } from "./quotes.ts";

const price = {
  rate: rate("KES", 1_000_000_000n),
  spreadPartsPerMillion: 15_000n,
  validForMs: 90_000,
  sources: [],
};

/** A quote for a buy, where the engine refuses to estimate a channel for this reason. */
function quote(code: string) {
  // only what a buy uses
  const options = {
    clock: { now: () => Date.UTC(2026, 10, 30) },
    prices: { current: async () => ({ ok: true, value: price }) },
    lightning: {
      estimateChannelOpen: async () => err(code, "refused", "safe"),
      checkPayment: async () => ({ ok: true, value: undefined }),
      spendableMsat: async () => ({ ok: true, value: msat(10n ** 12n) }),
    },
    settings: defaultOperatorSettings,
  } as unknown as QuoteOptions;
  return createQuoteMaker(options)({
    walletId: "wallet",
    nodeId: "",
    kind: "buy",
    amountKesCents: fiat("KES", 100_000n),
    amountMsat: null,
    msisdn: null,
  });
}

test.for([
  ["channel_open_failed", "liquidity_exhausted"],
  ["insufficient_funds", "liquidity_exhausted"],
  ["grpc_unavailable", "engine_unavailable"],
])(
  "a buy is refused with a code that says why no channel can be opened: %s",
  async ([code, answer]) => {
    expect(await quote(code ?? "")).toMatchObject({ ok: false, error: { code: answer } });
  },
);
