import { h } from "../design/dom.ts";
import type { Child } from "../design/dom.ts";
import { icon } from "../design/icon.ts";
import { words } from "../i18n/words.ts";

/** The parts of a page. With `beside`, wide windows show it as the facing page of the book. */
export type Page = {
  readonly title: string;
  /** Address of the page that the arrow leads to; the menu stands there when it is absent. */
  readonly back?: string;
  /** Without menu and arrow: the person is not signed in. */
  readonly bare?: boolean;
  /** An ornament above the head. */
  readonly top?: SVGElement;
  /** A button at the right of the head. */
  readonly tool?: HTMLElement;
  readonly testId: string;
  readonly body: readonly Child[];
  readonly beside?: readonly Child[];
};

/** Where a page stands: the parts of its address, and the values after `?`. */
export type Place = {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
};

/** Draws a page into `main`. */
export function drawPage(page: Page): HTMLElement {
  const tool =
    page.bare === true
      ? h("span", {})
      : page.back === undefined
        ? h(
            "a",
            {
              class: "tool menu",
              href: "#/menu",
              "aria-label": words().menu,
              "data-testid": "menu",
            },
            icon("menu"),
          )
        : h(
            "a",
            { class: "tool", href: page.back, "aria-label": words().back, "data-testid": "back" },
            icon("back"),
          );
  return h(
    "main",
    {
      class: page.beside === undefined ? "" : "spread",
      tabindex: -1,
      id: "main",
      "data-testid": page.testId,
    },
    h(
      "div",
      { class: "page" },
      page.top,
      h("header", { class: "head" }, tool, h("h1", {}, page.title), page.tool),
      page.body,
    ),
    page.beside === undefined ? null : h("div", { class: "page" }, page.beside),
  );
}
