import { z } from "zod";
import { components, lineText, timestamp, uuid } from "../rest/primitives.ts";
import { actReason } from "./acts.ts";

const switchName = z.string().max(40).describe("For example `stop_buys`.");
const switchSubject = z
  .string()
  .max(40)
  .describe("The rail, wallet or phone that the switch is about; empty if it is about none.");
const switchValue = z
  .string()
  .max(40)
  .nullable()
  .describe("`on` for a stop, a whole number otherwise; null for what is configured.");

export const switchChangeRequest = z
  .strictObject({
    id: uuid.optional().describe("The act's id; repeating the request with it is safe."),
    name: switchName,
    subject: switchSubject.default(""),
    value: switchValue,
    reason: actReason,
  })
  .register(components, { id: "SwitchChangeRequest" });

export const switchChange = z
  .strictObject({
    id: z.string().describe("Numbers of changes rise."),
    name: switchName,
    subject: switchSubject,
    value: switchValue,
    reason: z.string(),
    by: z.string().describe("Name of the operator."),
    at: timestamp,
  })
  .register(components, { id: "SwitchChange" });
export type SwitchChange = z.infer<typeof switchChange>;

export const switchList = z
  .strictObject({
    inForce: z.array(switchChange).describe("The switches that differ from the configuration."),
    kinds: z
      .array(
        z.strictObject({
          name: switchName,
          subject: z.enum(["none", "rail", "wallet", "phone"]),
          subjects: z.array(z.string()).describe("The subjects of a `rail`; otherwise empty."),
          value: z
            .strictObject({ min: z.number().int(), max: z.number().int() })
            .nullable()
            .describe("Null for a switch with the value `on`."),
        }),
      )
      .describe("Every switch there is."),
  })
  .register(components, { id: "SwitchList" });

export const switchChangeQuery = z.strictObject({
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .describe("`id` of the oldest change that is known."),
  limit: z.coerce.number<string | number>().int().min(1).max(200).default(50),
});

export const switchChangeList = z
  .strictObject({ changes: z.array(switchChange).describe("Newest first.") })
  .register(components, { id: "SwitchChangeList" });

export const alarm = z
  .strictObject({
    name: z.string().describe("Stable name, for example `float_low`."),
    subject: z.string().describe("What it is about, for example a certificate; may be empty."),
    severity: z.enum(["warning", "critical"]),
    since: timestamp.describe("When the reason began, as far as it is known."),
    detail: lineText(400).describe("What is wrong, with its figures, and what to do."),
  })
  .register(components, { id: "Alarm" });
export type Alarm = z.infer<typeof alarm>;

export const alarmList = z
  .strictObject({
    alarms: z.array(alarm).describe("Critical ones first, then the oldest."),
    checkedAt: timestamp.nullable().describe("Null until the first check has ended."),
  })
  .register(components, {
    id: "AlarmList",
    description: "The alarms of the process that answers; each process checks for itself.",
  });
