import { integer, signedCents, text } from "../store/rows.ts";
import type { Fiat } from "@satsconnect/money";
import type { World } from "../world/world.ts";
import type { Customer } from "./customers.ts";
import type { Language } from "../shared/language.ts";
import { clockTime, shortDate } from "./nairobi.ts";

// M-Pesa's SMS with their exact wording, spacing and punctuation. Observed on 2026-10-02: the English PayBill message.
// Community: the others and Swahili, from published messages.

export type MoneyMessage = {
  readonly receipt: string;
  readonly at: number;
  readonly amount: Fiat<"KES">;
  readonly balanceCents: bigint;
};

export function paidToBusiness(
  language: Language,
  {
    receipt,
    at,
    amount,
    balanceCents,
    business,
    account,
    fee,
    leftToday,
  }: MoneyMessage & {
    readonly business: string;
    readonly account: string;
    readonly fee: Fiat<"KES">;
    readonly leftToday: bigint;
  },
): string {
  return language === "en"
    ? `${receipt} Confirmed. ${ksh(amount)} sent to ${business} for account ${account} on ${shortDate(at)} at ${clockTime(at)} New M-PESA balance is ${ksh(balanceCents)}. Transaction cost, ${ksh(fee)}.Amount you can transact within the day is ${plain(leftToday)}.`
    : `${receipt} Imethibitishwa. ${ksh(amount)} imetumwa kwa ${business} kwa akaunti nambari ${account} mnamo ${shortDate(at)} saa ${clockTime(at)} Baki yako mpya ya M-PESA ni ${ksh(balanceCents)}. Gharama ya matumizi ni ${ksh(fee)}.Kiwango cha Pesa unachoweza kutuma kwa siku ni ${plain(leftToday)}.`;
}

export function receivedFrom(
  language: Language,
  { receipt, at, amount, balanceCents, sender }: MoneyMessage & { readonly sender: string },
): string {
  return language === "en"
    ? `${receipt} Confirmed. You have received ${ksh(amount)} from ${sender} on ${shortDate(at)} at ${clockTime(at)} New M-PESA balance is ${ksh(balanceCents)}.`
    : `${receipt} Imethibitishwa. Umepokea ${ksh(amount)} kutoka ${sender} mnamo ${shortDate(at)} saa ${clockTime(at)} Baki yako ya M-PESA ni ${ksh(balanceCents)}.`;
}

export function sentTo(
  language: Language,
  {
    receipt,
    at,
    amount,
    balanceCents,
    recipient,
    fee,
    leftToday,
  }: MoneyMessage & {
    readonly recipient: string;
    readonly fee: Fiat<"KES">;
    readonly leftToday: bigint;
  },
): string {
  return language === "en"
    ? `${receipt} Confirmed. ${ksh(amount)} sent to ${recipient} on ${shortDate(at)} at ${clockTime(at)}. New M-PESA balance is ${ksh(balanceCents)}. Transaction cost, ${ksh(fee)}. Amount you can transact within the day is ${plain(leftToday)}.`
    : `${receipt} Imethibitishwa ${ksh(amount)} imetumwa kwa ${recipient} tarehe ${shortDate(at)} saa ${clockTime(at)}. Baki yako ya M-PESA ni ${ksh(balanceCents)}. Gharama ya kutuma ni ${ksh(fee)}. Kiwango cha Pesa unachoweza kutuma kwa siku ni ${plain(leftToday)}.`;
}

export function reversedToYou(
  language: Language,
  { receipt, at, amount, balanceCents, original }: MoneyMessage & { readonly original: string },
): string {
  return language === "en"
    ? `${receipt} Confirmed. Reversal of transaction ${original} has been successfully reversed on ${shortDate(at)} at ${clockTime(at)} and ${ksh(amount)} is credited to your M-PESA account. New M-PESA account balance is ${ksh(balanceCents)}.`
    : `${receipt} Imethibitishwa. Muamala ${original} umerudishwa mnamo ${shortDate(at)} saa ${clockTime(at)} na ${ksh(amount)} zimewekwa katika akaunti yako ya M-PESA. Baki yako mpya ya M-PESA ni ${ksh(balanceCents)}.`;
}

export function balanceMessage(
  language: Language,
  receipt: string,
  at: number,
  balanceCents: bigint,
): string {
  return language === "en"
    ? `${receipt} Confirmed. Your account balance was: M-PESA Account : ${ksh(balanceCents)} on ${shortDate(at)} at ${clockTime(at)}. Transaction cost, Ksh0.00.`
    : `${receipt} Imethibitishwa. Baki yako ni: Akaunti ya M-PESA : ${ksh(balanceCents)} Tarehe ${shortDate(at)} saa ${clockTime(at)}. Gharama ya matumizi ni Ksh0.00.`;
}

export function notEnough(
  language: Language,
  amount: Fiat<"KES">,
  business: string,
  balanceCents: bigint,
): string {
  return language === "en"
    ? `Failed. You do not have enough money in your M-PESA account to pay ${ksh(amount)} to ${business}. Your M-PESA balance is ${ksh(balanceCents)}.`
    : `Imefeli. Hakuna pesa za kutosha katika akaunti yako ya M-PESA kuweza kulipa ${ksh(amount)} kwa ${business}. Baki yako ya M-PESA ni ${ksh(balanceCents)}.`;
}

export function wrongPinMessage(language: Language): string {
  return language === "en"
    ? "You have entered the wrong PIN. Please check your PIN and try again."
    : "Umeweka PIN isiyo sahihi. Tafadhali hakikisha PIN yako kisha ujaribu tena.";
}

export function pinLockedMessage(language: Language): string {
  return language === "en"
    ? "Your M-PESA PIN is locked. Please call 100 or 200 for assistance."
    : "PIN yako ya M-PESA imefungwa. Tafadhali piga simu 100 au 200 upate usaidizi.";
}

const refusals = {
  no_recipient: {
    en: "Failed. The number you entered is not registered for M-PESA.",
    sw: "Imefeli. Nambari uliyoweka haijasajiliwa na M-PESA.",
  },
  amount: {
    en: "Failed. The amount must be between Ksh1.00 and Ksh250,000.00.",
    sw: "Imefeli. Kiasi lazima kiwe kati ya Ksh1.00 na Ksh250,000.00.",
  },
  daily_limit: {
    en: "Failed. You have reached the amount you can transact within the day.",
    sw: "Imefeli. Umefikia kiwango cha pesa unachoweza kutuma kwa siku.",
  },
  not_enough: {
    en: "Failed. You do not have enough money in your M-PESA account.",
    sw: "Imefeli. Hakuna pesa za kutosha katika akaunti yako ya M-PESA.",
  },
  recipient_full: {
    en: "Failed. The recipient's account cannot hold this amount.",
    sw: "Imefeli. Akaunti ya mpokeaji haiwezi kuweka kiasi hiki.",
  },
  no_business: {
    en: "Failed. The business number you entered does not exist.",
    sw: "Imefeli. Nambari ya biashara uliyoweka haipo.",
  },
  other: {
    en: "Failed. M-PESA could not complete your request. Please try again later.",
    sw: "Imefeli. M-PESA haikuweza kukamilisha ombi lako. Tafadhali jaribu tena baadaye.",
  },
} as const;

/** The SMS for a refused request from the phone's menu (assumed wording). */
export function refusedMessage(language: Language, reason: keyof typeof refusals): string {
  return refusals[reason][language];
}

/** The last five entries (assumed format). */
export function statementMessage({ database }: World, { msisdn, language }: Customer): string {
  const rows = database.all(
    "SELECT receipt, cents, at FROM entry WHERE account = ? ORDER BY id DESC LIMIT 5",
    `customer:${msisdn}`,
  );
  const lines = rows.map((row) => {
    const cents = signedCents(row, "cents");
    const sign = cents < 0n ? "-" : "+";
    return `${text(row, "receipt")} ${shortDate(integer(row, "at"))} ${sign}${plain(cents < 0n ? -cents : cents)}`;
  });
  const title = language === "en" ? "M-PESA mini statement" : "Taarifa fupi ya M-PESA";
  return `${title}\n${lines.join("\n")}`;
}

/** Stores an SMS for a phone and notifies its open pages. */
export function sendSms(world: World, msisdn: string, body: string, receipt: string | null): void {
  world.database.run(
    "INSERT INTO message (msisdn, receipt, body, at) VALUES (?, ?, ?, ?)",
    msisdn,
    receipt,
    body,
    world.clock.now(),
  );
  world.changes.notify(`handset:${msisdn}`, "message");
}

/** `Ksh1,000.00` */
export function ksh(cents: bigint): string {
  return `Ksh${plain(cents)}`;
}

/** `1,000.00`, with a minus sign when negative. */
export function plain(cents: bigint): string {
  const size = cents < 0n ? -cents : cents;
  const whole = (size / 100n).toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return `${cents < 0n ? "-" : ""}${whole}.${(size % 100n).toString().padStart(2, "0")}`;
}
