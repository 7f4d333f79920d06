import { h } from "../design/dom.ts";
import { icon } from "../design/icon.ts";
import { words } from "../i18n/words.ts";
import { redraw } from "./navigation.ts";

/** Reads the page again. Nothing does so by itself: what an operator is about to press never moves. */
export function refreshTool(): HTMLElement {
  const label = words().refresh;
  return h(
    "button",
    {
      class: "tool",
      type: "button",
      "aria-label": label,
      title: label,
      onclick: redraw,
      "data-testid": "refresh",
    },
    icon("again"),
  );
}
