import { svg } from "./dom.ts";

const tooth = 24;

/** A kanga border of teeth and diamonds. Only on the pages before a person is signed in. */
export function kanga(): SVGElement {
  const pattern = svg(
    "pattern",
    { id: "kanga", width: tooth * 2, height: 88, patternUnits: "userSpaceOnUse" },
    svg("path", { d: "M0 0h48v8H0zM0 12h48v4H0z", fill: "currentColor" }),
    svg("path", { d: "M0 20h48L24 46z", fill: "currentColor" }),
    svg("path", {
      d: "M0 34l13 14L0 62zM48 34L35 48l13 14zM24 52l10 10-10 10-10-10z",
      fill: "currentColor",
    }),
    svg("path", { d: "M0 76h48v4H0zM0 84h48v4H0z", fill: "currentColor" }),
  );
  return svg(
    "svg",
    { class: "kanga", width: "100%", height: 88, "aria-hidden": "true" },
    svg("defs", {}, pattern),
    svg("rect", { width: "100%", height: 88, fill: "url(#kanga)" }),
  );
}
