import { randomBytes } from "node:crypto";
import { createTestDatabase } from "../../testing/database.ts";
import { createLedger } from "./ledger.ts";
import { orderStoreConformance } from "../../testing/order-store-conformance.ts";
import { createOrderStore } from "./order-store.ts";

orderStoreConformance("Postgres", async () => {
  const { database, drop } = await createTestDatabase();
  const ledger = createLedger(database);
  return {
    store: createOrderStore(database),
    addWallet: async (walletId) => {
      await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
        walletId,
        `02${randomBytes(32).toString("hex")}`,
      ]);
    },
    fund: async (cents) => {
      await ledger.post(
        [
          {
            reference: randomBytes(8).toString("hex"),
            kind: "opening",
            entries: [
              { account: "mpesa_available", currency: "KES", amount: cents },
              { account: "capital_kes", currency: "KES", amount: -cents },
            ],
          },
        ],
        Date.now(),
      );
    },
    balance: (account) => ledger.balance(account),
    close: drop,
  };
});
