/** The entry for a code; without one, the code itself in words. */
export function named(names: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(names, code) ? (names[code] ?? code) : code.replaceAll("_", " ");
}
