import { svg } from "./dom.ts";

/**
 * Drawn on a 24 × 24 grid with strokes of 2 and square caps. The tooth is the only filled shape and points where money
 * goes.
 */
const drawings = {
  again: { strokes: ["M20 13a8 8 0 1 1-3-7"], tooth: "M13 7l8 2V0z" },
  alarms: { strokes: ["M6 17v-7a6 6 0 0 1 12 0v7M3 17h18M11 21h2M12 2v2"] },
  back: { strokes: ["M20 12H8"], tooth: "M11 5v14L2 12z" },
  books: { strokes: ["M4 3h16v18H4zM9 3v18M13 8h3M13 12h3M13 16h3"] },
  bolt: { strokes: ["M13 3L5 14h6l-1 7 9-11h-6z"] },
  buy: { strokes: ["M3 3h18v7H3z", "M12 6v1"], tooth: "M5 13h14l-7 9z" },
  cases: { strokes: ["M5 22V3h14l-4 5 4 5H6"] },
  check: { strokes: ["M4 13l5 5L20 6"] },
  clock: { strokes: ["M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 8v4l3 3"] },
  close: { strokes: ["M5 5l14 14M19 5L5 19"] },
  finger: { strokes: ["M5 17v-5a7 7 0 0 1 14 0v5M12 12v9M8.5 20v-8a3.5 3.5 0 0 1 7 0v8"] },
  income: { strokes: ["M4 20V11M10 20V4M16 20v-6M2 20h20"] },
  leave: { strokes: ["M10 3H3v18h7M9 12h6"], tooth: "M14 5v14l8-7z" },
  lock: { strokes: ["M4 10h16v11H4zM8 10V3h8v7M12 14v3"] },
  log: { strokes: ["M4 5h2M10 5h10M4 12h2M10 12h10M4 19h2M10 19h6"] },
  menu: { strokes: ["M3 6h18M3 12h18M3 18h11"] },
  more: { strokes: [], tooth: "M8 4v16l9-8z" },
  people: {
    strokes: ["M9 4a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7zM2 20c0-8 14-8 14 0M17 5v6M20 8h-6"],
  },
  phone: { strokes: ["M6 2h12v20H6zM11 18h2"] },
  search: { strokes: ["M10 4a6 6 0 1 0 0 12a6 6 0 0 0 0-12zM15 15l5.5 5.5"] },
  sell: { strokes: ["M3 14h18v7H3z", "M12 17v1"], tooth: "M5 11h14l-7-9z" },
  send: { strokes: ["M12 21V11"], tooth: "M5 11h14l-7-9z" },
  share: { strokes: ["M4 13v8h16v-8M12 15V9"], tooth: "M6 9h12l-6-7z" },
  switches: { strokes: ["M3 4h18v6H3zM14 4v6M3 14h18v6H3zM10 14v6"] },
  tongue: { strokes: ["M3 4h18v12H11l-5 5v-5H3zM7 8h10M7 12h6"] },
  undo: { strokes: ["M9 8h6a5 5 0 0 1 0 10H5"], tooth: "M11 1v14L3 8z" },
} as const satisfies Record<string, { strokes: readonly string[]; tooth?: string }>;

export type IconName = keyof typeof drawings;

/** An icon beside a label; where it stands alone, its button carries the label. */
export function icon(name: IconName): SVGElement {
  const drawing: { strokes: readonly string[]; tooth?: string } = drawings[name];
  const paths = drawing.strokes.map((d) =>
    svg("path", {
      d,
      stroke: "currentColor",
      "stroke-width": 2,
      "stroke-linecap": "square",
      "stroke-linejoin": "miter",
    }),
  );
  if (drawing.tooth !== undefined)
    paths.push(svg("path", { d: drawing.tooth, fill: "currentColor" }));
  return svg(
    "svg",
    {
      viewBox: "0 0 24 24",
      width: 24,
      height: 24,
      fill: "none",
      "aria-hidden": "true",
      class: "icon",
    },
    ...paths,
  );
}
