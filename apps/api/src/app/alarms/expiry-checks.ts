import { alarmPolicy } from "../../domain/policy.ts";
import type { AlarmCheck, Finding } from "./alarms.ts";

/** Something that stops working on a day that is known. */
export type Expiry = {
  readonly alarm: "certificate_expiring" | "initiator_password_old" | "callback_secret_old";
  readonly subject: string;
  /** UTC milliseconds; null if it is not known, which is an alarm too. */
  readonly at: number | null;
  readonly detail: string;
};

/** Warns before each expiry, and is critical close to it. */
export function expiryCheck(
  name: string,
  read: () => Promise<readonly Expiry[]>,
  now: () => number,
): AlarmCheck {
  return {
    name,
    find: async () => (await read()).flatMap((expiry) => expiryFindings(expiry, now())),
  };
}

function expiryFindings({ alarm, subject, at, detail }: Expiry, now: number): readonly Finding[] {
  if (at === null) {
    return [
      { name: alarm, subject, severity: "warning", detail: `Its date is not known. ${detail}` },
    ];
  }
  const left = at - now;
  if (left > alarmPolicy.expiryWarningMs) return [];
  const days = Math.max(0, Math.floor(left / 86_400_000));
  const day = new Date(at).toISOString().slice(0, 10);
  return [
    {
      name: alarm,
      subject,
      severity: left <= alarmPolicy.expiryCriticalMs ? "critical" : "warning",
      since: at - alarmPolicy.expiryWarningMs,
      detail: `${left <= 0 ? `It expired on ${day}.` : `It expires on ${day}, in ${days} days.`} ${detail}`,
    },
  ];
}
