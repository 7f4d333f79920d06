import { fiat, msat } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accounts,
  credit,
  debit,
  debitLessCredit,
  findImbalance,
  posting,
  transfer,
} from "./postings.ts";
import type { Account, Entry, LedgerCurrency } from "./postings.ts";

const cents = fc.bigInt({ min: 0n, max: 10n ** 12n }).map((value) => fiat("KES", value));
const millisatoshis = fc.bigInt({ min: 0n, max: 10n ** 15n }).map(msat);
const codes = Object.keys(accounts) as Account[];
const accountsOf = <C extends LedgerCurrency>(currency: C) =>
  fc.constantFrom(...codes.filter((code) => accounts[code].currency === currency)) as fc.Arbitrary<
    Account<C>
  >;

describe("a transfer", () => {
  test("debits the receiving account and credits the other in one currency", () => {
    expect(transfer("KES", "mpesa_available", "mpesa_reserved", fiat("KES", 30_000n))).toEqual([
      { account: "mpesa_reserved", currency: "KES", amount: 30_000n },
      { account: "mpesa_available", currency: "KES", amount: -30_000n },
    ]);
  });

  test("balances between any two accounts of a currency", () => {
    fc.assert(
      fc.property(accountsOf("KES"), accountsOf("KES"), cents, (from, to, amount) => {
        expect(findImbalance(transfer("KES", from, to, amount))).toBeNull();
      }),
    );
    fc.assert(
      fc.property(accountsOf("MSAT"), accountsOf("MSAT"), millisatoshis, (from, to, amount) => {
        expect(findImbalance(transfer("MSAT", from, to, amount))).toBeNull();
      }),
    );
  });

  test("does not compile with accounts or amounts of another currency", () => {
    const shillings = fiat("KES", 1n);
    const sats = msat(1n);
    const wrong = [
      // @ts-expect-error Shillings between millisatoshi accounts.
      () => transfer("MSAT", "treasury", "exchange_msat", shillings),
      // @ts-expect-error Shillings between millisatoshi accounts, declared as shillings.
      () => transfer("KES", "treasury", "exchange_msat", shillings),
      // @ts-expect-error Millisatoshis between shilling accounts.
      () => transfer("KES", "mpesa_available", "mpesa_reserved", sats),
      // @ts-expect-error From a shilling account to a millisatoshi account.
      () => transfer("KES", "mpesa_available", "treasury", shillings),
      // @ts-expect-error Ugandan shillings.
      () => transfer("KES", "mpesa_available", "mpesa_reserved", fiat("UGX", 1n)),
      // @ts-expect-error A bare bigint.
      () => transfer("KES", "mpesa_available", "mpesa_reserved", 1n),
      // @ts-expect-error A currency without accounts.
      () => transfer("UGX", "mpesa_available", "mpesa_reserved", fiat("UGX", 1n)),
      // @ts-expect-error Shillings debited to a millisatoshi account.
      () => debit("MSAT", "treasury", shillings),
      // @ts-expect-error Millisatoshis credited to a shilling account.
      () => credit("KES", "fees_kes", sats),
      // @ts-expect-error Two currencies in one entry.
      () => debitLessCredit("KES", "exchange_kes", { debit: shillings, credit: sats }),
    ];
    expect(wrong).toHaveLength(10);
    // @ts-expect-error An entry in shillings of a millisatoshi account.
    const entry: Entry = { account: "treasury", currency: "KES", amount: 1n };
    const account: Account<"KES"> = "mpesa_available";
    // @ts-expect-error A shilling account where a millisatoshi account is expected.
    const other: Account<"MSAT"> = account;
    expect([entry.account, other]).toHaveLength(2);
  });
});

describe("a posting", () => {
  test("drops zero entries", () => {
    const entries = [
      ...transfer("KES", "mpesa_available", "mpesa_reserved", fiat("KES", 5n)),
      ...transfer("KES", "mpesa_charges", "mpesa_fees", fiat("KES", 0n)),
    ];
    expect(posting("payout_paid", entries).entries).toHaveLength(2);
  });

  test("nets a debit and a credit of one account", () => {
    const net = (debited: bigint, credited: bigint) =>
      debitLessCredit("MSAT", "overpayments", { debit: msat(debited), credit: msat(credited) });
    expect(net(5n, 7n)).toEqual({ account: "overpayments", currency: "MSAT", amount: -2n });
    expect(net(7n, 5n)).toEqual({ account: "overpayments", currency: "MSAT", amount: 2n });
  });

  test("refuses entries that do not sum to zero in each currency", () => {
    const entries = [
      debit("KES", "mpesa_available", fiat("KES", 5n)),
      credit("MSAT", "treasury", msat(5n)),
    ];
    expect(() => posting("kes_received", entries)).toThrow(
      "kes_received does not balance: it is off by 5 cents and -5 msat",
    );
  });

  test("refuses shillings between millisatoshi accounts, although they sum to zero", () => {
    const entries = [
      { account: "treasury", currency: "KES", amount: 5n },
      { account: "exchange_msat", currency: "KES", amount: -5n },
    ] as unknown as readonly Entry[];
    expect(() => posting("sats_delivered", entries)).toThrow(
      "sats_delivered books KES in treasury, a MSAT account",
    );
  });
});
