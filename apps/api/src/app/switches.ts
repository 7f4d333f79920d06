import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { OperatorSettings } from "../domain/operator-settings.ts";
import {
  checkLimitsLeaveAmount,
  checkSwitch,
  givesMore,
  withSwitches,
} from "../domain/switches.ts";
import type { SwitchSetting } from "../domain/switches.ts";
import type { Logger } from "./logger.ts";

/** A change of a switch, or a switch in force with the change that set it. */
export type SwitchChange = {
  /** Numbers of changes rise. */
  readonly id: bigint;
  readonly name: string;
  /** Empty if the switch has no subject. */
  readonly subject: string;
  /** Null: back to what is configured. */
  readonly value: string | null;
  readonly reason: string;
  readonly by: string;
  readonly at: number;
};

export type NewSwitchChange = Pick<SwitchChange, "name" | "subject" | "value" | "reason" | "by"> & {
  /** The act that it is; repeating it changes nothing more. */
  readonly actId: string;
};

export type SwitchStore = {
  /** Every switch in force. */
  readonly inForce: () => Promise<readonly SwitchChange[]>;
  /** Durable when it resolves. Every process is notified. */
  readonly change: (change: NewSwitchChange) => Promise<bigint>;
  /** Changes before `before`, newest first. */
  readonly changes: (before: bigint | null, limit: number) => Promise<readonly SwitchChange[]>;
};

export type SwitchError = "switch_unknown" | "switch_subject_invalid" | "switch_value_invalid";

export type Switches = {
  /** The settings in force. The same object always; its values change. */
  readonly settings: OperatorSettings;
  /** Reads the switches in force. Called at start, at each notification, and every few seconds in case one was lost. */
  readonly reload: () => Promise<void>;
  /** Checks a change. `givesMore`: its terms are better for customers than the configured ones. */
  readonly check: (
    change: Pick<SwitchChange, "name" | "subject" | "value">,
  ) => Promise<Result<{ readonly givesMore: boolean }, SwitchError>>;
  /** Changes a switch here and, within seconds, in every other process. */
  readonly change: (change: NewSwitchChange) => Promise<Result<null, SwitchError>>;
  readonly inForce: () => readonly SwitchChange[];
  readonly changes: SwitchStore["changes"];
};

export function createSwitches({
  store,
  configured,
  now,
  log,
}: {
  readonly store: SwitchStore;
  readonly configured: OperatorSettings;
  readonly now: () => number;
  readonly log: Logger;
}): Switches {
  let inForce: readonly SwitchChange[] = [];
  let current = configured;
  /** Reads can end in another order than they began: an older one must not undo a newer. */
  let reads = 0;
  let newestRead = 0;

  async function reload(): Promise<void> {
    const read = ++reads;
    const found = await store.inForce();
    if (read < newestRead) return;
    newestRead = read;
    const before = new Set(inForce.map(({ id }) => id));
    for (const change of found) {
      if (!before.has(change.id)) log.info({ ...logged(change) }, "switch in force");
    }
    const after = new Set(found.map(({ name, subject }) => `${name}/${subject}`));
    for (const { name, subject } of inForce) {
      if (!after.has(`${name}/${subject}`)) log.info({ switch: name }, "switch no longer in force");
    }
    inForce = found;
    current = withSwitches(configured, settingsOf(found));
  }

  const check: Switches["check"] = async ({ name, subject, value }) => {
    const checked = checkSwitch(name, subject, value);
    if (!checked.ok) return checked;
    const others = settingsOf(await store.inForce()).filter(
      (setting) => setting.name !== name || setting.subject !== subject,
    );
    const wanted = value === null ? others : [...others, { name, subject, value }];
    const settings = withSwitches(configured, wanted);
    const limits = checkLimitsLeaveAmount(settings, now());
    if (!limits.ok) return limits;
    return ok({ givesMore: value !== null && givesMore(checked.value, settings, configured) });
  };

  return {
    settings: {
      get spreadPartsPerMillion() {
        return current.spreadPartsPerMillion;
      },
      get quoteLifetimeMs() {
        return current.quoteLifetimeMs;
      },
      get limits() {
        return current.limits;
      },
      get stops() {
        return current.stops;
      },
    },
    reload,
    inForce: () => inForce,
    changes: store.changes,
    check,
    change: async (change) => {
      const checked = await check(change);
      if (!checked.ok) return checked;
      await store.change(change);
      await reload();
      return ok(null);
    },
  };
}

function settingsOf(changes: readonly SwitchChange[]): readonly SwitchSetting[] {
  return changes.flatMap(({ name, subject, value }) =>
    value === null ? [] : [{ name, subject, value }],
  );
}

/** Wallets and phone numbers are personal data: they are not logged. */
function logged({ id, name, value, by }: SwitchChange) {
  return { switch: name, value, change: String(id), by };
}
