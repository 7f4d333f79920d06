import type { Express } from "express";
import { routes } from "@satsconnect/contracts";
import type { Info } from "@satsconnect/contracts";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { formatRate, inForce, mpesaB2cTariffs, mpesaPayBillTariffs, ok } from "@satsconnect/money";
import type { Tariff } from "@satsconnect/money";
import type { RateSource } from "../../app/orders/ports.ts";
import { orderLimits } from "../../domain/order-limits.ts";
import type { OperatorLimits, OrderLimits } from "../../domain/order-limits.ts";
import { answerHealth } from "../health.ts";
import type { HealthChecks } from "../health.ts";
import type { Mount } from "../mount.ts";

export type OperatorRoutesOptions = {
  readonly network: Info["network"];
  readonly support: Info["support"];
  readonly limits: OperatorLimits;
  readonly engine: EngineClient;
  readonly rates: RateSource;
  readonly checks: HealthChecks;
  readonly now: () => number;
};

export function mountOperatorRoutes(
  app: Express,
  mount: Mount,
  options: OperatorRoutesOptions,
): void {
  const { network, support, engine, rates, now } = options;

  mount.answer(routes.info, async ({ correlationId }) => {
    const [node, price] = await Promise.all([
      engine.node.getInfo({}, { deadlineMs: 2_000, correlationId }),
      rates.current(),
    ]);
    const at = now();
    return ok({
      network,
      node: !node.ok
        ? null
        : {
            id: node.value.nodeId,
            tcpAddresses: [...node.value.tcpAddresses],
            websocketUrls: [...node.value.websocketUrls],
            esploraUrl: node.value.esploraUrl,
            tipHeight: node.value.tipHeight,
            synced: node.value.chainSynced,
          },
      rate: !price.ok
        ? null
        : {
            kesPerBtc: formatRate(price.value.rate),
            asOf: new Date(price.value.asOf).toISOString(),
            sources: price.value.sources.filter(({ used }) => used).length,
          },
      limits: {
        buy: presentLimits(orderLimits("buy", at, options.limits)),
        sell: presentLimits(orderLimits("sell", at, options.limits)),
      },
      tariffs: {
        mpesaPayBill: presentTariff(inForce(mpesaPayBillTariffs, at)),
        mpesaB2c: presentTariff(inForce(mpesaB2cTariffs, at)),
      },
      support,
      time: new Date(at).toISOString(),
    });
  });

  // Does not use `mount.answer`: health has no rate limit, and its 503 has the same body as its 200.
  app.get(routes.health.path, (_request, response) => {
    response.locals["route"] = routes.health.id;
    return answerHealth(options.checks, response);
  });
}

function presentLimits({ min, max, dailyMax }: OrderLimits): Info["limits"]["buy"] {
  return {
    minimumKesCents: String(min),
    maximumKesCents: String(max),
    dailyMaximumKesCents: String(dailyMax),
  };
}

function presentTariff({
  effectiveFrom,
  source,
  bands,
}: Tariff<"KES">): Info["tariffs"]["mpesaB2c"] {
  return {
    effectiveFrom: new Date(effectiveFrom).toISOString(),
    source,
    bands: bands.map(({ upTo, fee }) => ({ upToKesCents: String(upTo), feeKesCents: String(fee) })),
  };
}
