import Svg, { Path } from "react-native-svg";
import type { ColorRole } from "./tokens.ts";
import { useTheme } from "./theme.tsx";

/**
 * Drawn on a 24 × 24 grid with strokes of 2 and square caps. The tooth is the only filled shape and points where money
 * goes.
 */
const drawings = {
  send: { strokes: ["M12 21V11"], tooth: "M5 11h14l-7-9z" },
  receive: { strokes: ["M12 3v7", "M4 21h16"], tooth: "M5 9h14l-7 9z" },
  buy: { strokes: ["M3 3h18v7H3z", "M12 6v1"], tooth: "M5 13h14l-7 9z" },
  sell: { strokes: ["M3 14h18v7H3z", "M12 17v1"], tooth: "M5 11h14l-7-9z" },
  scan: { strokes: ["M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5M7 12h10"] },
  back: { strokes: ["M20 12H8"], tooth: "M11 5v14L2 12z" },
  close: { strokes: ["M5 5l14 14M19 5L5 19"] },
  menu: { strokes: ["M3 6h18M3 12h18M3 18h11"] },
  phone: { strokes: ["M6 2h12v20H6zM11 18h2"] },
  bolt: { strokes: ["M13 3L5 14h6l-1 7 9-11h-6z"] },
  lock: { strokes: ["M4 10h16v11H4zM8 10V3h8v7M12 14v3"] },
  words: { strokes: ["M4 3h16v18H4zM9 3v18M13 8h3M13 12h3M13 16h3"] },
  copy: { strokes: ["M8 8h13v13H8zM4 16H3V3h13v1"] },
  share: { strokes: ["M4 13v8h16v-8M12 15V9"], tooth: "M6 9h12l-6-7z" },
  clock: { strokes: ["M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 8v4l3 3"] },
  help: { strokes: ["M3 3h18v14h-8l-5 4v-4H3zM12 13.5v.01M10 8c0-2.6 4-2.6 4-.2c0 1.4-2 1.6-2 3"] },
  check: { strokes: ["M4 13l5 5L20 6"] },
  erase: { strokes: ["M8 5h13v14H8l-6-7zM12 9.5l5 5M17 9.5l-5 5"] },
  eye: { strokes: ["M2 12c5-8.5 15-8.5 20 0c-5 8.5-15 8.5-20 0zM12 10.5v3"] },
  tongue: { strokes: ["M3 4h18v12H11l-5 5v-5H3zM7 8h10M7 12h6"] },
  finger: { strokes: ["M5 17v-5a7 7 0 0 1 14 0v5M12 12v9M8.5 20v-8a3.5 3.5 0 0 1 7 0v8"] },
  search: { strokes: ["M10 4a6 6 0 1 0 0 12a6 6 0 0 0 0-12zM15 15l5.5 5.5"] },
  more: { strokes: [], tooth: "M8 4v16l9-8z" },
} as const satisfies Record<string, { strokes: readonly string[]; tooth?: string }>;

export type IconName = keyof typeof drawings;
export const iconNames = Object.keys(drawings) as readonly IconName[];

type IconProps = {
  readonly name: IconName;
  readonly color?: ColorRole;
  readonly size?: number;
  readonly weight?: number;
};

/** An icon, shown beside a label. Where it is shown alone, its button carries an accessibility label. */
export function Icon({ name, color = "ink", size = 24, weight = 2 }: IconProps) {
  const theme = useTheme();
  const ink = theme.color[color];
  const drawing: { strokes: readonly string[]; tooth?: string } = drawings[name];
  return (
    <Svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden>
      {drawing.strokes.map((d) => (
        <Path
          key={d}
          d={d}
          stroke={ink}
          strokeWidth={weight}
          strokeLinecap="square"
          strokeLinejoin="miter"
        />
      ))}
      {drawing.tooth === undefined ? null : <Path d={drawing.tooth} fill={ink} />}
    </Svg>
  );
}
