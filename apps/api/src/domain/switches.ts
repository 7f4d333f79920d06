import { err, kes, ok } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import type { OperatorSettings } from "./operator-settings.ts";
import { orderLimits } from "./order-limits.ts";
import { operatorDefaults } from "./policy.ts";
import { rails } from "./stops.ts";
import type { Rail } from "./stops.ts";

/*
 * Settings that the operator changes while the api runs, each by name and, if it has several, by subject. A switch that
 * is not set leaves what is configured.
 */

const { spreadPartsPerMillion: spread } = operatorDefaults;
const wholeKes = { min: 1, max: 100_000_000 } as const;

/** The subjects and values of each switch. A `flag` has the value `on`. */
export const switchKinds = {
  stop_buys: { subject: "none", value: "flag" },
  stop_sells: { subject: "none", value: "flag" },
  stop_rail: { subject: "rail", value: "flag" },
  stop_wallet: { subject: "wallet", value: "flag" },
  stop_phone: { subject: "phone", value: "flag" },
  stop_payout_resends: { subject: "none", value: "flag" },
  spread_parts_per_million: { subject: "none", value: { min: spread.min, max: spread.max } },
  order_min_kes: { subject: "none", value: wholeKes },
  order_max_kes: { subject: "none", value: wholeKes },
  order_daily_max_kes: { subject: "none", value: wholeKes },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly subject: "none" | "rail" | "wallet" | "phone";
      readonly value: "flag" | { readonly min: number; readonly max: number };
    }
  >
>;
export type SwitchName = keyof typeof switchKinds;
export const switchNames = Object.keys(switchKinds) as [SwitchName, ...SwitchName[]];

/** One switch in force. `subject` is empty if the switch has none. */
export type SwitchSetting = {
  readonly name: string;
  readonly subject: string;
  readonly value: string;
};

export function isSwitchName(name: string): name is SwitchName {
  return Object.hasOwn(switchKinds, name);
}

const subjectPatterns = {
  none: /^$/,
  rail: new RegExp(`^(?:${rails.join("|")})$`),
  wallet: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  phone: /^254[17]\d{8}$/,
} as const;

const subjectWords = {
  none: "no subject",
  rail: `one of ${rails.join(", ")} as its subject`,
  wallet: "the id of a wallet as its subject",
  phone: "a phone number like 254712345678 as its subject",
} as const;

/**
 * Checks a change before it is stored. @param value null: back to what is configured. Errors: `switch_unknown`,
 * `switch_subject_invalid`, `switch_value_invalid`.
 */
export function checkSwitch(
  name: string,
  subject: string,
  value: string | null,
): Result<SwitchName, "switch_unknown" | "switch_subject_invalid" | "switch_value_invalid"> {
  if (!isSwitchName(name)) {
    return err("switch_unknown", `There is no switch ${name.slice(0, 40)}.`, "never");
  }
  const kind = switchKinds[name];
  if (!subjectPatterns[kind.subject].test(subject)) {
    return err("switch_subject_invalid", `${name} takes ${subjectWords[kind.subject]}.`, "never");
  }
  if (value === null) return ok(name);
  if (kind.value === "flag") {
    return value === "on"
      ? ok(name)
      : err("switch_value_invalid", `${name} takes the value on, or none.`, "never");
  }
  const { min, max } = kind.value;
  return /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max
    ? ok(name)
    : err(
        "switch_value_invalid",
        `${name} takes a whole number from ${min} to ${max}, or none.`,
        "never",
      );
}

/** The configured settings with the switches over them. Rows that this release does not know are ignored. */
export function withSwitches(
  configured: OperatorSettings,
  settings: readonly SwitchSetting[],
): OperatorSettings {
  const valueOf = (name: SwitchName) =>
    settings.find((setting) => setting.name === name && setting.subject === "")?.value;
  const subjectsOf = (name: SwitchName) =>
    new Set(settings.filter((setting) => setting.name === name).map(({ subject }) => subject));
  const isOn = (name: SwitchName) => valueOf(name) === "on";
  const limit = (name: SwitchName, otherwise: Fiat<"KES"> | null) => {
    const value = valueOf(name);
    return value === undefined ? otherwise : kes(BigInt(value));
  };
  const { limits } = configured;
  const spreadValue = valueOf("spread_parts_per_million");
  return {
    ...configured,
    spreadPartsPerMillion:
      spreadValue === undefined ? configured.spreadPartsPerMillion : BigInt(spreadValue),
    limits: {
      min: limit("order_min_kes", limits.min),
      max: limit("order_max_kes", limits.max),
      dailyMax: limit("order_daily_max_kes", limits.dailyMax),
    },
    stops: {
      buys: isOn("stop_buys"),
      sells: isOn("stop_sells"),
      rails: subjectsOf("stop_rail") as ReadonlySet<string> as ReadonlySet<Rail>,
      wallets: subjectsOf("stop_wallet"),
      phones: subjectsOf("stop_phone"),
      payoutResends: isOn("stop_payout_resends"),
    },
  };
}

/** Whether the limits leave an amount for buys and for sells. Errors: `switch_value_invalid`. */
export function checkLimitsLeaveAmount(
  { limits }: Pick<OperatorSettings, "limits">,
  now: number,
): Result<null, "switch_value_invalid"> {
  for (const kind of ["buy", "sell"] as const) {
    const { min, max, dailyMax } = orderLimits(kind, now, limits);
    const largest = max < dailyMax ? max : dailyMax;
    if (min > largest) {
      return err(
        "switch_value_invalid",
        `The limits would leave no amount for a ${kind} between KES ${min / 100n} and KES ${largest / 100n}.`,
        "never",
      );
    }
  }
  return ok(null);
}

/** Whether a switch makes the terms better for customers than the configured ones: a lower spread or a higher limit. */
export function givesMore(
  name: SwitchName,
  wanted: OperatorSettings,
  configured: OperatorSettings,
): boolean {
  const isAbove = (limit: "max" | "dailyMax") => {
    const [to, from] = [wanted.limits[limit], configured.limits[limit]];
    return from !== null && (to === null || to > from);
  };
  switch (name) {
    case "spread_parts_per_million":
      return wanted.spreadPartsPerMillion < configured.spreadPartsPerMillion;
    case "order_max_kes":
      return isAbove("max");
    case "order_daily_max_kes":
      return isAbove("dailyMax");
    default:
      return false;
  }
}
