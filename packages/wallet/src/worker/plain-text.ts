/** Nobody reads more of a name or a note on a phone. */
const most = 640;
/** Breaks of lines and pages. */
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
/**
 * Control characters, what turns or isolates the direction of writing, and what has no width: with them a name can be
 * made to read as another one, or an amount as another amount. Joiners stay: letters of some languages need them.
 */
const tricks =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** What strangers wrote, to be shown as one line beside amounts. */
export function plainText(text: string): string {
  const plain = text
    .replaceAll(breaks, " ")
    .replaceAll(tricks, "")
    .replaceAll(/ {2,}/gu, " ")
    .trim();
  const letters = Array.from(plain);
  return letters.length <= most ? plain : `${letters.slice(0, most).join("")}…`;
}
