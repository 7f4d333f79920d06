import { normalizeMsisdn } from "@satsconnect/contracts";
import type { ActField } from "@satsconnect/contracts/admin";
import { err, ok, parseFiatInput, parseSatInput } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { kesShort, satsExact } from "../../format/money.ts";
import { words } from "../../i18n/words.ts";
import { choiceField, textField, timeField, wordsField } from "../../parts/fields.ts";
import type { Field } from "../../parts/fields.ts";
import { kes } from "../../parts/money.ts";
import { named } from "../../parts/named.ts";

/** The control for a parameter of an act, filled in with what fits the order. */
export function actField(field: ActField, oninput: () => void): Field {
  const text = words();
  const label = named(text.orders.fields, field.name);
  const shared = {
    name: field.required ? label : `${label} (${text.act.optional})`,
    ...(field.max === null ? {} : { hint: text.act.max(kes(field.max)) }),
    ...(field.proposal === null ? {} : { value: proposalText(field, field.proposal) }),
    testId: `act-form.${field.name}`,
    oninput,
  };
  switch (field.kind) {
    case "choice":
      return choiceField({
        ...shared,
        choices: (field.choices ?? []).map(
          (choice) => [choice, named(text.orders.choices, choice)] as const,
        ),
      });
    case "time":
      return timeField(shared);
    case "text":
      return wordsField({ ...shared, max: 500 });
    case "kes_cents":
    case "msat":
      return textField({ ...shared, max: 24, mode: "decimal" });
    case "invoice":
      return wordsField({ ...shared, max: 4_000 });
    case "receipt":
    case "msisdn":
      return textField({ ...shared, max: 40 });
  }
}

function proposalText({ kind }: ActField, value: string): string {
  if (kind === "kes_cents") return kesShort(BigInt(value));
  return kind === "msat" ? satsExact(BigInt(value)) : value;
}

/** Reads what was entered as the server takes it: cents, millisatoshis, capital letters. Null: left empty. */
export function readField(field: ActField, entered: string): Result<string | null> {
  const text = words();
  const label = named(text.orders.fields, field.name);
  if (entered === "")
    return field.required ? err("required", `${label}: ${text.act.required}`, "never") : ok(null);
  switch (field.kind) {
    case "kes_cents": {
      const amount = parseFiatInput("KES", entered);
      return amount.ok
        ? ok(amount.value.toString())
        : err("amount_malformed", `${label}: ${text.find.badAmount}`, "never");
    }
    case "msat": {
      const amount = parseSatInput(entered);
      return amount.ok ? ok((amount.value * 1_000n).toString()) : amount;
    }
    case "receipt":
      return ok(entered.toUpperCase());
    case "invoice":
      return ok(entered.replaceAll(/\s/gu, ""));
    case "msisdn": {
      const number = normalizeMsisdn(entered);
      return number.ok ? number : err("msisdn_invalid", text.failures.msisdn_invalid, "never");
    }
    case "time":
    case "text":
    case "choice":
      return ok(entered);
  }
}
