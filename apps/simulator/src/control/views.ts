import { fullName } from "../mpesa/customers.ts";
import type { Customer } from "../mpesa/customers.ts";
import {
  balanceCents,
  customerAccount,
  organisationAccounts,
  shortcodeAccount,
} from "../mpesa/ledger.ts";
import { receivedTodayCents, sentTodayCents } from "../mpesa/payments.ts";
import type { Shortcode } from "../mpesa/shortcodes.ts";
import { priceSources } from "../rates/prices.ts";
import type { Prices } from "../rates/prices.ts";
import { flag, integer, signedCents, text, textOrNull } from "../store/rows.ts";
import type { World } from "../world/world.ts";

export type AccountView = {
  readonly id: string;
  readonly balanceCents: bigint;
  /** Whether the balance may be negative. */
  readonly mayOwe: boolean;
};

export type StatementLine = {
  readonly id: number;
  readonly receipt: string;
  readonly cents: bigint;
  readonly balanceAfterCents: bigint;
  readonly detail: string;
  readonly at: number;
};

export type MessageView = {
  readonly id: number;
  readonly receipt: string | null;
  readonly body: string;
  readonly at: number;
  readonly read: boolean;
};

/** Includes the PIN, which tests must enter. The customers are fictitious. */
export function customerView(world: World, customer: Customer) {
  const now = world.clock.now();
  return {
    ...customer,
    name: fullName(customer),
    balanceCents: balanceCents(world.database, customerAccount(customer.msisdn)),
    sentTodayCents: sentTodayCents(world.database, customer.msisdn, now),
    receivedTodayCents: receivedTodayCents(world.database, customer.msisdn, now),
  };
}

export function shortcodeView(world: World, shortcode: Shortcode) {
  const balancesCents = Object.fromEntries(
    organisationAccounts.map((account) => [
      account,
      balanceCents(world.database, shortcodeAccount(shortcode.shortcode, account)),
    ]),
  );
  return { ...shortcode, balancesCents };
}

export function allAccounts(world: World): readonly AccountView[] {
  return world.database.all("SELECT * FROM account ORDER BY id").map((row) => ({
    id: text(row, "id"),
    balanceCents: signedCents(row, "balance_cents"),
    mayOwe: flag(row, "may_owe"),
  }));
}

export function accountView(world: World, id: string): AccountView | undefined {
  return allAccounts(world).find((account) => account.id === id);
}

/** Newest entries first. */
export function statementOf(
  world: World,
  account: string,
  limit: number,
): readonly StatementLine[] {
  return world.database
    .all("SELECT * FROM entry WHERE account = ? ORDER BY id DESC LIMIT ?", account, limit)
    .map((row) => ({
      id: integer(row, "id"),
      receipt: text(row, "receipt"),
      cents: signedCents(row, "cents"),
      balanceAfterCents: signedCents(row, "balance_after_cents"),
      detail: text(row, "detail"),
      at: integer(row, "at"),
    }));
}

/** Newest messages first. */
export function messagesOf(world: World, msisdn: string, limit: number): readonly MessageView[] {
  return world.database
    .all("SELECT * FROM message WHERE msisdn = ? ORDER BY id DESC LIMIT ?", msisdn, limit)
    .map((row) => ({
      id: integer(row, "id"),
      receipt: textOrNull(row, "receipt"),
      body: text(row, "body"),
      at: integer(row, "at"),
      read: flag(row, "read"),
    }));
}

export function priceViews(prices: Prices) {
  return priceSources.map((source) => {
    const quote = prices.quote(source);
    return {
      source,
      behaviour: prices.behaviour(source)?.behaviour ?? null,
      price: quote?.price ?? null,
      at: quote?.at ?? null,
    };
  });
}
