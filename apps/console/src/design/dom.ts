/** Builds elements. Texts are always text nodes, so nothing that a person or M-Pesa wrote can become markup. */

export type Child = Node | string | null | undefined | false | readonly Child[];

type Handler<E extends Event> = (event: E) => unknown;

export type Props = {
  readonly class?: string;
  readonly onclick?: Handler<MouseEvent> | undefined;
  readonly onsubmit?: Handler<SubmitEvent> | undefined;
  readonly oninput?: Handler<Event> | undefined;
  readonly onchange?: Handler<Event> | undefined;
  readonly ontoggle?: Handler<Event> | undefined;
  /** Attributes. `true` sets an empty one; null, undefined and false leave it out. */
  readonly [attribute: string]: unknown;
};

/** An element with attributes, handlers and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function")
      element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

function add(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child === "string") parent.appendChild(document.createTextNode(child));
    else if (child instanceof Node) parent.appendChild(child);
    else add(parent, child);
  }
}

/** Replaces all children of an element. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  add(parent, children);
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly SVGElement[]
): SVGElement {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
