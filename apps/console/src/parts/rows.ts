import { h } from "../design/dom.ts";
import type { Child } from "../design/dom.ts";
import { icon } from "../design/icon.ts";
import type { IconName } from "../design/icon.ts";

type RowProps = {
  /** Content of the margin: a time, a sign, a number or an icon. */
  readonly when?: Child;
  readonly late?: boolean;
  readonly title: Child;
  readonly second?: Child;
  readonly figure?: Child;
  readonly href?: string;
  readonly now?: boolean;
  readonly total?: boolean;
  readonly tight?: boolean;
  readonly testId?: string;
};

/** A row from edge to edge. With `href` it is a link. */
export function row(props: RowProps): HTMLElement {
  const names = [
    "row",
    props.now === true ? "now" : "",
    props.total === true ? "total" : "",
    props.tight === true ? "tight" : "",
  ].filter((name) => name !== "");
  const cells = [
    h("span", { class: props.late === true ? "when late" : "when" }, props.when),
    h(
      "span",
      { class: "what" },
      h("strong", {}, props.title),
      props.second === undefined ? null : h("small", {}, props.second),
    ),
    props.figure === undefined ? null : h("span", { class: "figure" }, props.figure),
  ];
  const shared = { class: names.join(" "), "data-testid": props.testId };
  return props.href === undefined
    ? h("div", shared, ...cells)
    : h("a", { ...shared, href: props.href }, ...cells);
}

/** A list of rows, read as a list. */
export function list(label: string, rows: readonly HTMLElement[]): HTMLElement {
  return h(
    "ul",
    { "aria-label": label },
    rows.map((one) => h("li", {}, one)),
  );
}

/** The heading of a part of a page. */
export function part(title: Child, testId?: string): HTMLElement {
  return h("h2", { class: "part", "data-testid": testId }, title);
}

/** Words beside the line. */
export function says(text: Child, tone: "plain" | "soft" | "stop" = "plain"): HTMLElement {
  return h("p", { class: tone === "plain" ? "says" : `says ${tone}` }, text);
}

/** Names and values. Entries without a value are left out. */
export function facts(
  entries: readonly (readonly [name: string, value: Child] | null)[],
): HTMLElement {
  return h(
    "dl",
    { class: "facts" },
    entries
      .filter((entry) => entry !== null)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** An identifier, in letters of equal width. */
export function code(text: string): HTMLElement {
  return h("span", { class: "code" }, text);
}

/** A row that unfolds. */
export function fold(
  summary: { readonly when?: Child; readonly title: Child; readonly second?: Child },
  ...inside: readonly Child[]
): HTMLDetailsElement {
  const turn = icon("more");
  turn.classList.add("turn");
  return h(
    "details",
    {},
    h(
      "summary",
      { class: "row" },
      h("span", { class: "when" }, summary.when),
      h(
        "span",
        { class: "what" },
        h("strong", {}, summary.title),
        summary.second === undefined ? null : h("small", {}, summary.second),
      ),
      h("span", { class: "figure" }, turn),
    ),
    h("div", { class: "inside" }, ...inside),
  );
}

type SlabProps = {
  readonly label: Child;
  readonly second?: Child;
  readonly icon?: IconName;
  readonly figure?: Child;
  readonly tone?: "go" | "ink" | "plain" | "stop";
  readonly href?: string;
  readonly submit?: boolean;
  readonly disabled?: boolean;
  readonly onclick?: () => unknown;
  readonly testId?: string;
};

/** A slab: the only thing to press besides rows. */
export function slab(props: SlabProps): HTMLElement {
  const cells = [
    props.icon === undefined ? null : icon(props.icon),
    h(
      "span",
      { class: "label" },
      props.label,
      props.second === undefined ? null : h("small", {}, props.second),
    ),
    props.figure === undefined ? null : h("span", { class: "figure" }, props.figure),
  ];
  const shared = { class: `slab ${props.tone ?? "plain"}`, "data-testid": props.testId };
  if (props.href !== undefined) return h("a", { ...shared, href: props.href }, ...cells);
  const button: HTMLElement = h(
    "button",
    {
      ...shared,
      type: props.submit === true ? "submit" : "button",
      disabled: props.disabled === true,
      onclick: props.onclick === undefined ? undefined : () => press(button, props.onclick),
    },
    ...cells,
  );
  return button;
}

/** Does what a slab is for; presses before that has ended do nothing. */
async function press(button: HTMLElement, act: () => unknown = () => undefined): Promise<void> {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

export function slabs(...children: readonly Child[]): HTMLElement {
  return h("div", { class: "slabs" }, ...children);
}
