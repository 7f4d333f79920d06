/** Longer texts are cut to this many characters. */
const maxLength = 640;
/** Tabs, line breaks and page breaks. */
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
/**
 * Control characters, bidirectional controls and zero-width characters. With them, a name or amount can be made to look
 * like another one. Joiners (U+200C, U+200D) stay, because some scripts need them.
 */
const deceptive =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Makes text from strangers safe to show as one line beside amounts. */
export function plainText(text: string): string {
  const plain = text
    .replaceAll(breaks, " ")
    .replaceAll(deceptive, "")
    .replaceAll(/ {2,}/gu, " ")
    .trim();
  const characters = Array.from(plain);
  return characters.length <= maxLength ? plain : `${characters.slice(0, maxLength).join("")}…`;
}
