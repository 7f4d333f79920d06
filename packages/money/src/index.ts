export {
  addFiat,
  addMsat,
  addSat,
  msatToSat,
  partsPerMillionOfFiat,
  partsPerMillionOfMsat,
  satToMsat,
  subtractFiat,
  subtractMsat,
  subtractSat,
} from "./arithmetic.ts";
export {
  currencies,
  enabledCurrencies,
  exponentOf,
  minorUnitsPerUnit,
  parseCurrency,
} from "./currencies.ts";
export type { Currency, EnabledCurrency, ExponentOf } from "./currencies.ts";
export { endOfTime } from "./end-of-time.ts";
export { inForce } from "./in-force.ts";
export { nairobiMidnight, nairobiOffsetMs, parseNairobiTime } from "./nairobi.ts";
export { maxFinalCltvBlocks, maxTotalCltvBlocks } from "./payment-holds.ts";
export { cleanPasted } from "./pasted.ts";
export { mpesaB2cLimits, mpesaStkLimits } from "./rail-limits.ts";
export type { RailLimits } from "./rail-limits.ts";
export {
  compareRates,
  fiatToMsat,
  formatRate,
  meanOfRates,
  msatToFiat,
  parseCrossRate,
  parseRate,
  rate,
  shiftRate,
} from "./rate.ts";
export type { Rate } from "./rate.ts";
export { err, ok, valueOf } from "./result.ts";
export type { Failure, Result, Retry } from "./result.ts";
export { divide } from "./rounding.ts";
export { maxRoutingFee } from "./routing-fee.ts";
export type { Rounding } from "./rounding.ts";
export { mpesaB2cTariffs, mpesaPayBillTariffs, tariffFee } from "./tariffs.ts";
export type { Tariff, TariffBand } from "./tariffs.ts";
export {
  amountPattern,
  formatFiat,
  formatMsat,
  formatSat,
  parseFiat,
  parseFiatInput,
  parseMsat,
  parseSat,
  parseSatInput,
  roundToWholeUnits,
  toWholeUnits,
} from "./text.ts";
export type { AmountError } from "./text.ts";
export {
  fiat,
  fromWholeUnits,
  kes,
  maxFiat,
  maxMsat,
  maxSat,
  msat,
  msatPerBtc,
  msatPerSat,
  sat,
  zeroMsat,
  zeroSat,
} from "./units.ts";
export type { Fiat, Msat, Sat } from "./units.ts";
