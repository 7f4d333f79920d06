import { storableText } from "../../app/storable-text.ts";

/** Serializes `value` for a `jsonb` column, with every string made storable. */
export function jsonbText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "string" ? storableText(part) : part,
  );
}
