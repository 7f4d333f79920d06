import { formatFiat, formatMsat, parseFiat, parseMsat } from "@satsconnect/money";

/**
 * Text from outside (names, callbacks) without control characters: they could move the cursor or recolour the terminal.
 * Direction marks go too, because they make a line look like another.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_C}]/gu, "·");
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Label and value, one a line; lines without a value are left out. */
export function fields(entries: readonly (readonly [string, string | null])[]): string {
  const shown = entries.filter((entry): entry is readonly [string, string] => entry[1] !== null);
  const width = Math.max(0, ...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `  ${label.padEnd(width)}  ${printable(value)}`).join("\n");
}

export function kes(cents: string): string {
  const amount = parseFiat("KES", cents);
  return amount.ok ? formatFiat("KES", amount.value) : `${cents} cents`;
}

export function sats(msat: string): string {
  const amount = parseMsat(msat);
  return amount.ok ? formatMsat(amount.value) : `${msat} msat`;
}

/** A signed ledger amount in its currency. */
export function entryAmount(currency: "KES" | "MSAT", amount: string): string {
  const isCredit = amount.startsWith("-");
  const size = isCredit ? amount.slice(1) : amount;
  return `${isCredit ? "-" : "+"}${currency === "KES" ? kes(size) : sats(size)}`;
}

const nairobi = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Africa/Nairobi",
  dateStyle: "short",
  timeStyle: "medium",
});

/** A time in Nairobi. */
export function when(time: string | null): string | null {
  return time === null ? null : nairobi.format(new Date(time));
}

export function age(seconds: number): string {
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** A signed amount as the api writes it, cents or millisatoshis. */
export function signed(currency: string, amount: string): string {
  return currency === "KES" ? signedKes(amount) : signedSats(amount);
}

export function signedKes(cents: string): string {
  return cents.startsWith("-") ? `-${kes(cents.slice(1))}` : kes(cents);
}

export function signedSats(msat: string): string {
  return msat.startsWith("-") ? `-${sats(msat.slice(1))}` : sats(msat);
}
