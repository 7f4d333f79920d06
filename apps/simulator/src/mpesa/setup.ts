import { kes } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import { randomText } from "../shared/entropy.ts";
import type { Entropy } from "../shared/entropy.ts";
import type { World } from "../world/world.ts";
import type { Customer, CustomerStatus } from "./customers.ts";
import type { Language } from "../shared/language.ts";
import {
  customerAccount,
  feesAccount,
  openAccount,
  organisationAccounts,
  shortcodeAccount,
  trustAccount,
} from "./ledger.ts";
import type { OrganisationAccount } from "./ledger.ts";
import { recordPayment } from "./payments.ts";

export type NewCustomer = Pick<Customer, "msisdn" | "firstName" | "middleName" | "lastName"> & {
  readonly balance: Fiat<"KES">;
  readonly status?: CustomerStatus;
  readonly reachable?: boolean;
  readonly language?: Language;
};

/**
 * The customers of a new simulator. Names are made up. The last is Daraja's test number, which never answers
 * (documented).
 */
export const initialCustomers: readonly NewCustomer[] = [
  customer("254700000001", "AMINA WANJIKU KAMAU", 50_000n),
  customer("254700000002", "JOHN OTIENO OCHIENG", 12_500n),
  { ...customer("254700000003", "FATUMA HASSAN ALI", 8_200n), language: "sw" },
  { ...customer("254700000004", "JUMA BAKARI MWINYI", 85n), language: "sw" },
  customer("254700000005", "GRACE NJERI MWANGI", 499_500n),
  { ...customer("254700000006", "PETER KIPROTICH", 0n), status: "unregistered" },
  { ...customer("254708374149", "DARAJA TEST", 10_000n), reachable: false },
];

export type NewShortcode = {
  readonly shortcode: string;
  readonly name: string;
  readonly kind: "paybill" | "till";
  readonly paysOut: boolean;
  readonly utility: Fiat<"KES">;
  readonly working: Fiat<"KES">;
};

/** Opens Safaricom's own accounts, trust and fees. Once, on an empty state. */
export function openSafaricomAccounts(world: World): void {
  openAccount(world.database, trustAccount, true);
  openAccount(world.database, feesAccount, false);
}

/** Adds a customer with a random PIN and an opening balance. */
export function addCustomer(world: World, customer: NewCustomer): void {
  const { msisdn } = customer;
  world.database.transaction(() => {
    world.database.run(
      `INSERT INTO customer (msisdn, first_name, middle_name, last_name, pin, status, reachable, language)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      msisdn,
      customer.firstName,
      customer.middleName,
      customer.lastName,
      newPin(world.entropy),
      customer.status ?? "registered",
      (customer.reachable ?? true) ? 1 : 0,
      customer.language ?? "en",
    );
    openAccount(world.database, customerAccount(msisdn), false);
    deposit(world, customerAccount(msisdn), customer.balance);
  });
  world.changes.notify("control", "change");
}

export function addShortcode(world: World, shortcode: NewShortcode): void {
  world.database.transaction(() => {
    world.database.run(
      `INSERT INTO shortcode (shortcode, name, kind, status, pays_out) VALUES (?, ?, ?, 'active', ?)`,
      shortcode.shortcode,
      shortcode.name,
      shortcode.kind,
      shortcode.paysOut ? 1 : 0,
    );
    for (const account of organisationAccounts) {
      openAccount(
        world.database,
        shortcodeAccount(shortcode.shortcode, account),
        account === "charges",
      );
    }
    deposit(world, shortcodeAccount(shortcode.shortcode, "utility"), shortcode.utility);
    deposit(world, shortcodeAccount(shortcode.shortcode, "working"), shortcode.working);
  });
}

/** Deposits money at an agent or from the bank, against the trust account. */
export function deposit(world: World, account: string, amount: Fiat<"KES">): void {
  if (amount === 0n) return;
  recordPayment(
    world,
    {
      kind: "opening",
      status: "completed",
      resultCode: "0",
      amount,
      fee: kes(0n),
      debitAccount: trustAccount,
      creditAccount: account,
      reference: "deposit",
      conversationId: null,
      originatorConversationId: null,
      initiatedAt: world.clock.now(),
    },
    [
      { account: trustAccount, cents: 0n - amount, detail: "Deposit of funds" },
      { account, cents: amount, detail: "Deposit of funds" },
    ],
  );
}

export function isOrganisationAccount(value: string): value is OrganisationAccount {
  return organisationAccounts.some((account) => account === value);
}

/** Four digits, except those that M-Pesa refuses as too simple. */
function newPin(entropy: Entropy): string {
  for (;;) {
    const pin = randomText(entropy, "0123456789", 4);
    if (!/^(.)\1{3}$/.test(pin) && !["1234", "4321", "0123"].includes(pin)) return pin;
  }
}

function customer(msisdn: string, name: string, balance: bigint): NewCustomer {
  const [firstName = "", ...others] = name.split(" ");
  const lastName = others.pop() ?? "";
  return { msisdn, firstName, middleName: others.join(" "), lastName, balance: kes(balance) };
}
