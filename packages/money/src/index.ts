export {
  addKesCents,
  addMsat,
  addSat,
  msatToSat,
  partsPerMillionOfKesCents,
  partsPerMillionOfMsat,
  satToMsat,
  subtractKesCents,
  subtractMsat,
  subtractSat,
} from "./arithmetic.ts";
export {
  compareRates,
  formatRate,
  kesCentsToMsat,
  meanOfRates,
  msatToKesCents,
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
export {
  inForce,
  mpesaB2cLimits,
  mpesaB2cTariffs,
  mpesaPayBillTariffs,
  mpesaStkLimits,
  tariffFee,
} from "./tariff.ts";
export type { RailLimits, Tariff, TariffBand } from "./tariff.ts";
export {
  amountPattern,
  formatKes,
  formatMsat,
  formatSat,
  parseKesCents,
  parseKesInput,
  parseMsat,
  parseSat,
  parseSatInput,
  roundToWholeShillings,
  wholeShillings,
} from "./text.ts";
export type { AmountError } from "./text.ts";
export {
  centsPerShilling,
  kesCents,
  maximumKesCents,
  maximumMsat,
  maximumSat,
  msat,
  msatPerBtc,
  msatPerSat,
  sat,
  shillings,
  zeroKesCents,
  zeroMsat,
  zeroSat,
} from "./units.ts";
export type { KesCents, Msat, Sat } from "./units.ts";
