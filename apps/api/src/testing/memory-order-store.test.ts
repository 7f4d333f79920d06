import { orderLimitsConformance } from "./order-limits-conformance.ts";
import { orderStoreConformance } from "./order-store-conformance.ts";
import type { StoreUnderTest } from "./order-store-conformance.ts";
import { createMemoryOrderStore } from "./memory-order-store.ts";

async function createMemoryFixture(): Promise<StoreUnderTest> {
  const store = createMemoryOrderStore();
  return {
    store,
    addWallet: async () => {},
    fund: async (cents) =>
      store.post(
        "opening",
        [
          { account: "mpesa_available", currency: "KES", amount: cents },
          { account: "capital_kes", currency: "KES", amount: -cents },
        ],
        0,
      ),
    balance: async (account) => store.balance(account),
    close: async () => {},
  };
}

orderStoreConformance("memory", createMemoryFixture);
orderLimitsConformance("memory", createMemoryFixture);
