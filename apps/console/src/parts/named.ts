type Names = Readonly<Record<string, string>>;

/** The entry for a code; without one, the code itself in words. */
export function named(names: Names, code: string): string {
  return known(names, code) ?? code.replaceAll("_", " ");
}

/** The entry for a code; null without one. */
export function known(names: Names, code: string): string | null {
  return Object.hasOwn(names, code) ? (names[code] ?? null) : null;
}
