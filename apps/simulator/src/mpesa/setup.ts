import { shillings } from "@satsconnect/money";
import type { KesCents } from "@satsconnect/money";
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
  readonly balance: KesCents;
  readonly status?: CustomerStatus;
  readonly reachable?: boolean;
  readonly language?: Language;
};

/** The people of a new simulator. Names are made up; the last number is Daraja's own, which never answers (documented). */
export const initialCustomers: readonly NewCustomer[] = [
  person("254700000001", "AMINA WANJIKU KAMAU", 50_000n),
  person("254700000002", "JOHN OTIENO OCHIENG", 12_500n),
  { ...person("254700000003", "FATUMA HASSAN ALI", 8_200n), language: "sw" },
  { ...person("254700000004", "JUMA BAKARI MWINYI", 85n), language: "sw" },
  person("254700000005", "GRACE NJERI MWANGI", 499_500n),
  { ...person("254700000006", "PETER KIPROTICH", 0n), status: "unregistered" },
  { ...person("254708374149", "DARAJA TEST", 10_000n), reachable: false },
];

export type NewShortcode = {
  readonly shortcode: string;
  readonly name: string;
  readonly kind: "paybill" | "till";
  readonly paysOut: boolean;
  readonly utility: KesCents;
  readonly working: KesCents;
};

/** Opens M-Pesa's own books: the trust and the fees. Once, on an empty state. */
export function openSafaricomAccounts(world: World): void {
  openAccount(world.database, trustAccount, true);
  openAccount(world.database, feesAccount, false);
}

/** Puts a SIM card into the world, with a PIN that is made here and written on its sticker. */
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

/** Cash comes in at an agent or from the bank: the trust owes it from now on. */
export function deposit(world: World, account: string, amount: KesCents): void {
  if (amount === 0n) return;
  recordPayment(
    world,
    {
      kind: "opening",
      status: "completed",
      resultCode: "0",
      amount,
      fee: shillings(0n),
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

/** The account of a shortcode, by the name that the control API uses. */
export function isOrganisationAccount(value: string): value is OrganisationAccount {
  return organisationAccounts.some((one) => one === value);
}

/** Four digits, and not the four that M-Pesa itself refuses as too plain. */
function newPin(entropy: Entropy): string {
  for (;;) {
    const pin = randomText(entropy, "0123456789", 4);
    if (!/^(.)\1{3}$/.test(pin) && !["1234", "4321", "0123"].includes(pin)) return pin;
  }
}

function person(msisdn: string, name: string, balance: bigint): NewCustomer {
  const [firstName = "", ...others] = name.split(" ");
  const lastName = others.pop() ?? "";
  return { msisdn, firstName, middleName: others.join(" "), lastName, balance: shillings(balance) };
}
