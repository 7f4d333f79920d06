import { z } from "zod";
import { components, kesCentsText, nodeIdText, rateText, timestamp } from "./primitives.ts";

const limits = z
  .strictObject({
    minimumKesCents: kesCentsText,
    maximumKesCents: kesCentsText,
    dailyMaximumKesCents: kesCentsText,
  })
  .register(components, { id: "Limits" });

const tariff = z
  .strictObject({
    effectiveFrom: timestamp,
    source: z.string(),
    bands: z.array(z.strictObject({ upToKesCents: kesCentsText, feeKesCents: kesCentsText })),
  })
  .register(components, {
    id: "Tariff",
    description: "Fees by amount: a band applies up to and including `upToKesCents`.",
  });

export const info = z
  .strictObject({
    network: z.enum(["regtest", "signet", "testnet", "bitcoin"]),
    node: z
      .strictObject({
        id: nodeIdText,
        tcpAddresses: z.array(z.string()),
        websocketUrls: z.array(z.string()),
        esploraUrl: z.string(),
        tipHeight: z.number().int(),
        synced: z.boolean(),
      })
      .nullable()
      .describe("The operator's Lightning node; null while it cannot be reached."),
    rate: z
      .strictObject({ kesPerBtc: rateText, asOf: timestamp, sources: z.number().int() })
      .nullable()
      .describe("Null while no reliable price is available."),
    limits: z.strictObject({ buy: limits, sell: limits }),
    tariffs: z.strictObject({ mpesaPayBill: tariff, mpesaB2c: tariff }),
    support: z
      .strictObject({
        phone: z.string().nullable().describe("E.164, for example `+254700000000`."),
        email: z.string().nullable(),
      })
      .nullable()
      .describe("The operator's support contact; null if it has none."),
    time: timestamp,
  })
  .register(components, {
    id: "Info",
    description:
      "Everything a wallet needs to start: network, the operator's node, price, limits and tariffs.",
  });
export type Info = z.infer<typeof info>;

export const health = z
  .strictObject({
    status: z.enum(["ok", "degraded", "unavailable"]),
    checks: z.record(z.string(), z.enum(["ok", "unavailable"])),
  })
  .register(components, {
    id: "Health",
    description:
      "`degraded`: a dependency is down; orders wait and no money is at risk. `unavailable`: the API cannot serve requests.",
  });
