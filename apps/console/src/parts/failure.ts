import type { Failure } from "@satsconnect/money";
import { h } from "../design/dom.ts";
import { words } from "../i18n/words.ts";

/** The sentence for a failure: ours where the code has one, else the server's. */
export function failureText(failure: Failure<string>): string {
  const known: Readonly<Record<string, string>> = words().failures;
  return known[failure.code] ?? failure.message;
}

/** Words about what just failed, read aloud at once. Empty until something fails. */
export function notice(testId = "notice"): {
  readonly element: HTMLElement;
  readonly show: (text: string) => void;
  readonly clear: () => void;
} {
  const element = h("p", {
    class: "says stop",
    role: "alert",
    "data-testid": testId,
    hidden: true,
  });
  return {
    element,
    show(text) {
      element.textContent = text;
      element.hidden = false;
      element.scrollIntoView({ block: "nearest" });
    },
    clear() {
      element.textContent = "";
      element.hidden = true;
    },
  };
}
