import { nairobiMidnight } from "@satsconnect/money";
import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import { countsTowardLimits, involvesNumber } from "../domain/trade-limits.ts";
import type { LimitCode, LimitQuery, TradeLimit } from "../domain/trade-limits.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** The rows that migration 0120 inserts into `limit_tiers`, in cents. */
const standard = { monthlyMax: 300_000_000n, hourlyOrders: 60, unfinishedOrders: 10 };
const newNumberDailyMax = 10_000_000n;

/**
 * `order_limits` of migration 0120 over orders in memory, with the `standard` tier and without devices.
 * @param proven `wallet:msisdn` of the numbers that were proven by a code.
 */
export function memoryLimits(
  orders: readonly Order[],
  proven: ReadonlySet<string>,
  { walletId, msisdn, kind, at, railDailyMax, countFactor = 1 }: LimitQuery,
): readonly TradeLimit[] {
  const today = nairobiMidnight(at);
  const month = startOfMonth(at);
  const ofWallet = orders.filter((order) => order.walletId === walletId);
  const counted = ofWallet.filter((order) => order.kind === kind && countsTowardLimits(order));
  const sum = (some: readonly Order[], since: number): bigint =>
    some
      .filter((order) => order.createdAt >= since)
      .reduce((total, { terms }) => total + terms.amountKesCents, 0n);
  const amount = (code: LimitCode, max: bigint, used: bigint): TradeLimit => ({
    ...limit(code),
    amount: { max, used },
  });
  const count = (code: LimitCode, max: number, some: readonly unknown[]): TradeLimit => ({
    ...limit(code),
    count: { max, used: some.length },
  });
  const isProven = (wallet: string, number: string): boolean =>
    proven.has(`${wallet}:${number}`) ||
    orders.some(
      (order) =>
        order.kind === "buy" &&
        order.walletId === wallet &&
        order.msisdn === number &&
        involvesNumber(order),
    );

  const limits: TradeLimit[] = [
    amount("daily_limit_exceeded", railDailyMax, sum(counted, today)),
    amount("monthly_limit_exceeded", standard.monthlyMax, sum(counted, month)),
  ];
  const sameNumber = orders.filter((order) => order.msisdn === msisdn);
  if (msisdn !== null) {
    const isOld = sameNumber.some(
      (order) =>
        order.walletId === walletId && order.createdAt <= at - day && involvesNumber(order),
    );
    const withNumber = counted.filter((order) => order.msisdn === msisdn);
    if (!isOld)
      limits.push(
        amount("new_number_limit_exceeded", newNumberDailyMax, sum(withNumber, at - day + 1)),
      );
    const involved = sameNumber.filter((order) => order.kind === kind && involvesNumber(order));
    limits.push(
      amount("phone_limit_exceeded", railDailyMax, sum(involved, today)),
      amount("phone_limit_exceeded", standard.monthlyMax, sum(involved, month)),
    );
  }
  limits.push(
    count(
      "too_many_orders",
      standard.hourlyOrders * countFactor,
      ofWallet.filter((order) => order.createdAt > at - hour),
    ),
    count(
      "too_many_open_orders",
      standard.unfinishedOrders * countFactor,
      ofWallet.filter(({ state }) => !isFinal(state) && state !== "case" && state !== "owed"),
    ),
  );
  if (kind === "buy" && msisdn !== null && !isProven(walletId, msisdn)) {
    const recent = orders.filter(
      (order) =>
        order.kind === "buy" &&
        order.createdAt > at - day &&
        !isProven(order.walletId, order.msisdn),
    );
    const own = recent.filter((order) => order.walletId === walletId);
    const others = new Set(own.map((order) => order.msisdn).filter((number) => number !== msisdn));
    limits.push(
      count(
        "number_unproven",
        5,
        own.filter((order) => order.msisdn === msisdn),
      ),
      count("too_many_new_numbers", 4, [...others]),
      count(
        "number_prompted_too_often",
        12,
        recent.filter((order) => order.msisdn === msisdn),
      ),
    );
  }
  return limits;
}

function limit(code: LimitCode): TradeLimit {
  return { code, tier: "standard", reason: "", amount: null, count: null };
}

/** The first midnight of the month in Nairobi, which is three hours ahead of UTC all year. */
function startOfMonth(at: number): number {
  const local = new Date(at + 3 * hour);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - 3 * hour;
}
