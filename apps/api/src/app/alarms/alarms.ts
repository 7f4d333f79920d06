import type { Logger } from "../logger.ts";

type AlarmSeverity = "warning" | "critical";

/** Something that a person must look at. */
type Alarm = {
  readonly name: string;
  /** Its subject; empty if there is only one. */
  readonly subject: string;
  readonly severity: AlarmSeverity;
  /** When the reason began, as far as it is known. */
  readonly since: number;
  /** A sentence with the fault, its figures and the remedy. Contains neither secrets nor personal data. */
  readonly detail: string;
};

/** A reason for an alarm as it is now. */
export type Finding = Omit<Alarm, "since" | "subject"> & {
  readonly subject?: string;
  /** When it began, if it is known; otherwise it begins when it is first found. */
  readonly since?: number;
  /** It is an alarm once it has lasted this long; at once by default. */
  readonly afterMs?: number;
};

export type AlarmCheck = {
  readonly name: string;
  readonly find: () => Promise<readonly Finding[]>;
};

export type Alarms = {
  /** Runs every check. Run it every half minute in every process. */
  readonly check: () => Promise<void>;
  /** Critical ones first, then the oldest. */
  readonly current: () => readonly Alarm[];
  /** When the last check ended; null before the first. */
  readonly checkedAt: () => number | null;
};

const checkFailedAfterMs = 2 * 60_000;

/** Computes the alarms and logs each of them once when it begins, when its severity changes and when it ends. */
export function createAlarms({
  checks,
  now,
  log,
}: {
  readonly checks: readonly AlarmCheck[];
  readonly now: () => number;
  readonly log: Logger;
}): Alarms {
  /** When each finding was first found. */
  let firstFound = new Map<string, number>();
  const lastFindings = new Map<string, readonly Finding[]>();
  let alarms: ReadonlyMap<string, Alarm> = new Map();
  let checkedAt: number | null = null;

  /** The findings of a check. One that fails keeps its last ones, and its failure is a finding too. */
  async function findingsOf({ name, find }: AlarmCheck): Promise<readonly Finding[]> {
    try {
      const findings = await find();
      lastFindings.set(name, findings);
      return findings;
    } catch (error) {
      log.debug({ error, check: name }, "alarm check failed");
      const failed: Finding = {
        name: "check_failed",
        subject: name,
        severity: "warning",
        detail: `The check ${name} fails, so its alarms may be out of date. Look at the api's log.`,
        afterMs: checkFailedAfterMs,
      };
      return [...(lastFindings.get(name) ?? []), failed];
    }
  }

  async function check(): Promise<void> {
    const findings = (await Promise.all(checks.map(findingsOf))).flat();
    const at = now();
    const found = new Map<string, number>();
    const next = new Map<string, Alarm>();
    for (const { name, subject = "", severity, detail, since, afterMs = 0 } of findings) {
      const key = `${name}/${subject}`;
      const first = Math.min(at, since ?? firstFound.get(key) ?? at);
      found.set(key, first);
      if (at - first >= afterMs) next.set(key, { name, subject, severity, since: first, detail });
    }
    firstFound = found;
    for (const [key, alarm] of next) {
      if (alarms.get(key)?.severity !== alarm.severity) logBegin(log, alarm);
    }
    for (const [key, { name, subject, since }] of alarms) {
      if (!next.has(key)) log.info({ alarm: name, subject, since: isoTime(since) }, "alarm ended");
    }
    alarms = next;
    checkedAt = at;
  }

  return {
    check,
    current: () =>
      [...alarms.values()].sort(
        (left, right) =>
          Number(right.severity === "critical") - Number(left.severity === "critical") ||
          left.since - right.since,
      ),
    checkedAt: () => checkedAt,
  };
}

function logBegin(log: Logger, { name, subject, severity, since, detail }: Alarm): void {
  const line = { alarm: name, subject, severity, since: isoTime(since), detail };
  if (severity === "critical") log.error(line, "alarm");
  else log.warn(line, "alarm");
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
