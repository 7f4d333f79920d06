/** True for hex of whole bytes; of exactly `length` bytes where a length is given. */
export function isHex(text: string, length?: number): boolean {
  return (
    text.length % 2 === 0 &&
    (length === undefined || text.length === 2 * length) &&
    /^[0-9a-fA-F]*$/.test(text)
  );
}

/** Compares contents. Not in constant time: never use it for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Orders by UTF-16 code unit, independent of locale. For ASCII that is also the order of the bytes. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** @throws TypeError when the bytes are not UTF-8. */
export function utf8ToText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
