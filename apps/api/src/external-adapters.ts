import type { Database } from "@satsconnect/postgres";
import { createDaraja } from "./adapters/daraja/daraja.ts";
import type { Daraja } from "./adapters/daraja/daraja.ts";
import { createRailBudget } from "./adapters/postgres/rail-budget.ts";
import { createDarajaTokenStore } from "./adapters/postgres/rail-token-store.ts";
import { createFetchFeed, feedsAt } from "./adapters/rates/feeds.ts";
import { createRates } from "./adapters/rates/rates.ts";
import type { CallbackAddresses } from "./app/callbacks.ts";
import type { Logger } from "./app/logger.ts";
import type { PayoutRail, RateSource, StkRail } from "./app/orders/ports.ts";
import { readConfiguredFile } from "./config.ts";
import type { Configuration } from "./config.ts";

/** Systems that other companies run: M-Pesa and the price feeds. */
type ExternalSystems = {
  readonly stk: StkRail;
  readonly payouts: PayoutRail;
  readonly requestBalance: Daraja["requestBalance"];
  readonly rates: RateSource;
};

export type ConnectExternal = (parts: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly callbackAddresses: CallbackAddresses;
  readonly log: Logger;
  readonly now: () => number;
}) => ExternalSystems;

/** M-Pesa through Daraja, and the public price feeds, at the configured addresses. */
export const connectExternal: ConnectExternal = ({
  configuration,
  database,
  callbackAddresses,
  log,
  now,
}) => {
  const daraja = createDaraja({
    baseUrl: configuration.DARAJA_BASE_URL,
    consumerKey: configuration.DARAJA_CONSUMER_KEY,
    consumerSecret: configuration.DARAJA_CONSUMER_SECRET,
    tokens: createDarajaTokenStore(database, configuration.DARAJA_CONSUMER_SECRET, now),
    budget: createRailBudget(database, configuration.DARAJA_REQUESTS_PER_SECOND),
    now,
    log,
    shortcode: configuration.DARAJA_SHORTCODE,
    passkey: configuration.DARAJA_PASSKEY,
    payoutShortcode: configuration.DARAJA_B2C_SHORTCODE,
    initiatorName: configuration.DARAJA_INITIATOR_NAME,
    initiatorPassword: configuration.DARAJA_INITIATOR_PASSWORD,
    certificate: readConfiguredFile(
      "DARAJA_CERTIFICATE_FILE",
      configuration.DARAJA_CERTIFICATE_FILE,
    ).toString("utf8"),
    urlFor: callbackAddresses.urlFor,
  });
  const rates = createRates({
    feeds: feedsAt({
      coinbase: configuration.RATES_COINBASE_URL,
      yadio: configuration.RATES_YADIO_URL,
      kraken: configuration.RATES_KRAKEN_URL,
      fx: configuration.RATES_FX_URL,
      ...(configuration.RATES_BITSTAMP_URL === undefined
        ? {}
        : { bitstamp: configuration.RATES_BITSTAMP_URL }),
    }),
    fetchFeed: createFetchFeed(),
    now,
  });
  return { stk: daraja.stk, payouts: daraja.payouts, requestBalance: daraja.requestBalance, rates };
};
