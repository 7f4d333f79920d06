import { h } from "../design/dom.ts";
import { icon } from "../design/icon.ts";
import type { IconName } from "../design/icon.ts";
import { session } from "../client/session.ts";
import { words } from "../i18n/words.ts";
import type { Place } from "./page.ts";
import { changeLanguage, leave } from "./leave.ts";
import { row } from "./rows.ts";

type Chapter = {
  readonly name: keyof ReturnType<typeof words>["nav"];
  readonly icon: IconName;
  /** Other pages that belong to it. */
  readonly also?: readonly string[];
};

const chapters: readonly Chapter[] = [
  { name: "cases", icon: "cases" },
  { name: "find", icon: "search", also: ["order"] },
  { name: "waiting", icon: "finger", also: ["act"] },
  { name: "log", icon: "log" },
  { name: "books", icon: "books" },
  { name: "income", icon: "income" },
  { name: "alarms", icon: "alarms" },
  { name: "switches", icon: "switches" },
  { name: "operators", icon: "people" },
];

/** The parts of the book, beside the page on wide windows. */
export function drawRail(place: Place): HTMLElement {
  const text = words();
  const current = place.parts[0] ?? "cases";
  return h(
    "nav",
    { class: "rail", "aria-label": text.menu },
    h("p", { class: "name" }, "SatsConnect"),
    chapters.map(({ name, icon: drawing, also = [] }) =>
      h(
        "a",
        {
          href: `#/${name}`,
          "aria-current": name === current || also.includes(current) ? "page" : null,
          "data-testid": `rail.${name}`,
        },
        icon(drawing),
        text.nav[name],
      ),
    ),
    h(
      "div",
      { class: "foot" },
      h("button", { type: "button", onclick: changeLanguage }, icon("tongue"), text.otherLanguage),
      h("button", { type: "button", onclick: leave }, icon("leave"), text.signOut),
      h(
        "p",
        { class: "who" },
        text.signedInAs(session()?.operator.name ?? ""),
        h("br"),
        text.network(session()?.network ?? ""),
      ),
    ),
  );
}

/** The same as rows, for narrow windows. */
export function menuRows(): readonly HTMLElement[] {
  const text = words();
  return chapters.map(({ name, icon: drawing }) =>
    row({ when: icon(drawing), title: text.nav[name], href: `#/${name}`, testId: `menu.${name}` }),
  );
}
