import { orderStoreConformance } from "./order-store-conformance.ts";
import { createMemoryOrderStore } from "./memory-order-store.ts";

orderStoreConformance("memory", async () => {
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
});
