/*
 * Finds faults in the layout of the page as drawn: horizontal overflow, cut or broken words, overlapping text, touch
 * targets that are too small.
 */

/** Texts of any length written by people: they may end in an ellipsis and break anywhere. */
type FreeText = readonly string[];

const slack = 1;
const minTargetSize = 48;
/** Longer than the longest word in either language; hashes, invoices and addresses are longer. */
const maxWordLength = 24;
const minScrollerHeight = 96;

export function findLayoutFaults(freeTexts: FreeText): readonly string[] {
  return [
    ...horizontalOverflow(),
    ...smallTargets(),
    ...smallScrollAreas(),
    ...textFaults(freeTexts),
  ];
}

function horizontalOverflow(): readonly string[] {
  const { scrollWidth } = document.documentElement;
  return scrollWidth > innerWidth ? [`The page is ${String(scrollWidth)} wide`] : [];
}

function isHidden(element: Element): boolean {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0")
      return true;
  }
  return false;
}

function smallTargets(): readonly string[] {
  const faults: string[] = [];
  const pressable =
    "button, a, input, textarea, [role=button], [role=switch], [role=radio], [role=link]";
  for (const element of document.querySelectorAll<HTMLElement>(pressable)) {
    const { width, height } = element.getBoundingClientRect();
    if (isHidden(element) || (width >= minTargetSize - 0.5 && height >= minTargetSize - 0.5))
      continue;
    const name = element.dataset["testid"] ?? element.textContent;
    faults.push(`${name} is ${String(Math.round(width))} × ${String(Math.round(height))}`);
  }
  return faults;
}

/** Scroll areas whose visible part above the buttons is too small. */
function smallScrollAreas(): readonly string[] {
  const faults: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>("#root *")) {
    const { overflowY } = getComputedStyle(element);
    if (overflowY !== "auto" && overflowY !== "scroll") continue;
    if (element instanceof HTMLTextAreaElement) continue;
    const { clientHeight, scrollHeight } = element;
    if (scrollHeight > clientHeight + slack && clientHeight < minScrollerHeight)
      faults.push(
        `Only ${String(clientHeight)} of ${String(scrollHeight)} pixels are visible at a time`,
      );
  }
  return faults;
}

type Line = { readonly text: string; readonly of: Element; readonly box: DOMRect };

function textFaults(freeTexts: FreeText): readonly string[] {
  const faults: string[] = [];
  const lines: Line[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const of = node.parentElement;
    const text = node.textContent?.trim() ?? "";
    if (of === null || text === "" || of.closest("script, style, noscript, textarea") !== null)
      continue;
    if (isHidden(of)) continue;
    const isFreeText = freeTexts.includes(text);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (isFreeText && !within(box, of.getBoundingClientRect())) continue;
      // A space where a line breaks hangs over its end and is invisible.
      if (box.width < box.height / 3 && text.includes(" ")) continue;
      lines.push({ text, of, box });
      const cut = isFreeText ? null : cutBy(of, box);
      if (cut !== null) faults.push(`“${text}” is cut ${cut}`);
    }
    if (!isFreeText && of.scrollWidth > of.clientWidth + slack && clips(of))
      faults.push(`“${text}” ends in an ellipsis`);
    if (!isFreeText && of.scrollHeight > of.clientHeight + of.clientHeight / 3 && clips(of))
      faults.push(`“${text}” has more lines than are shown`);
    if (!isFreeText) faults.push(...broken(node, text));
  }
  return [...faults, ...overlaps(lines)];
}

function within(box: DOMRect, around: DOMRect): boolean {
  return box.top + box.height / 2 < around.bottom && box.left < around.right;
}

function clips(element: Element): boolean {
  return getComputedStyle(element).overflow !== "visible";
}

/** Whether an ancestor hides a part of a line. Content that can be scrolled to is not hidden. */
function cutBy(element: Element, box: DOMRect): string | null {
  const middle = box.height / 5;
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (at !== document.body && style.overflowX === "visible" && style.overflowY === "visible")
      continue;
    const around =
      at === document.body
        ? new DOMRect(0, 0, innerWidth, innerHeight)
        : at.getBoundingClientRect();
    if (box.left < around.left - slack || box.right > around.right + slack) return "at its side";
    if (style.overflowY === "auto" || style.overflowY === "scroll") return null;
    if (box.top + middle < around.top || box.bottom - middle > around.bottom)
      return "above or below";
  }
  return null;
}

/** Words that continue on the next line without a hyphen. */
function broken(node: Node, text: string): readonly string[] {
  const faults: string[] = [];
  const whole = node.textContent ?? "";
  for (const match of whole.matchAll(/[\p{L}\p{N}.,:•'’_\u2060\u00AD-]+/gu)) {
    const [word] = match;
    // A word with soft hyphens breaks where its language allows it.
    if (word.length > maxWordLength || word.includes("\u00AD")) continue;
    const range = document.createRange();
    range.setStart(node, match.index);
    range.setEnd(node, match.index + word.length);
    const tops = new Set(
      [...range.getClientRects()].flatMap(({ top, width }) => (width > 0 ? Math.round(top) : [])),
    );
    if (tops.size > 1) faults.push(`“${word}” is broken apart in “${text}”`);
  }
  return faults;
}

function overlaps(lines: readonly Line[]): readonly string[] {
  const faults: string[] = [];
  // Letters fill the middle of their line box; boxes may overlap above and below it.
  const core = ({ box }: Line) => ({
    left: box.left + 1,
    right: box.right - 1,
    top: box.top + box.height * 0.28,
    bottom: box.bottom - box.height * 0.28,
  });
  lines.forEach((line, index) => {
    const one = core(line);
    for (const other of lines.slice(index + 1)) {
      if (other.of === line.of || other.of.contains(line.of) || line.of.contains(other.of))
        continue;
      if (scrollAreaOf(line.of) !== scrollAreaOf(other.of)) continue;
      const two = core(other);
      if (
        one.left < two.right &&
        two.left < one.right &&
        one.top < two.bottom &&
        two.top < one.bottom
      )
        faults.push(`“${line.text}” and “${other.text}” overlap`);
    }
  });
  return faults;
}

/** The scroll area of an element: a line that has scrolled below the buttons does not overlap them. */
function scrollAreaOf(element: Element): Element | null {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const { overflowY } = getComputedStyle(at);
    if (overflowY === "auto" || overflowY === "scroll") return at;
  }
  return null;
}
