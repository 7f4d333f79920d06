/** Markup that is safe to send. Create it with the `html` tag, which escapes every value. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlPart =
  | string
  | number
  | bigint
  | Html
  | null
  | undefined
  | false
  | readonly HtmlPart[];

/** A template tag. Text is escaped; markup and lists of markup are inserted as they are; null and false are empty. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const [first = "", ...others] = strings;
  return new Html(others.reduce((text, next, index) => text + render(parts[index]) + next, first));
}

/** A boolean attribute: `${attribute("checked", isChecked)}`. */
export function attribute(name: "checked" | "selected" | "disabled" | "open", on: boolean): Html {
  return new Html(on ? name : "");
}

function render(part: HtmlPart): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return escape(part.toString());
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
}
