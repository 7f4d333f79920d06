/** Formats rows as columns: the first column left-aligned, the others right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("   ")
        .trimEnd(),
    )
    .map((line) => `   ${line}`)
    .join("\n");
}

const grouped = (value: bigint): string => value.toString().replaceAll(/\B(?=(\d{3})+$)/gu, ",");

/** Formats millisatoshis as satoshis with three decimals; `signed` adds a plus sign to positive amounts. */
export function satText(amountMsat: bigint, signed = false): string {
  const size = amountMsat < 0n ? -amountMsat : amountMsat;
  const sign = amountMsat < 0n ? "-" : signed && amountMsat > 0n ? "+" : "";
  return `${sign}${grouped(size / 1_000n)}.${(size % 1_000n).toString().padStart(3, "0")}`;
}

/** Formats cents as shillings; `signed` adds a plus sign to positive amounts. */
export function kesText(cents: bigint, signed = false): string {
  const size = cents < 0n ? -cents : cents;
  const sign = cents < 0n ? "-" : signed && cents > 0n ? "+" : "";
  return `${sign}${grouped(size / 100n)}.${(size % 100n).toString().padStart(2, "0")}`;
}
