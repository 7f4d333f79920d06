import { createContext, useContext, type ReactNode } from "react";
import { Text, type StyleProp, type TextProps, type TextStyle } from "react-native";
import { type as scale, type ColorRole, type TypeName } from "./tokens.ts";
import { useTheme } from "./theme.tsx";

type TypeProps = Omit<TextProps, "style"> & {
  readonly as: TypeName;
  readonly color?: ColorRole;
  readonly align?: "left" | "right" | "center";
  readonly style?: StyleProp<TextStyle>;
  readonly children: ReactNode;
};

/** Figures line up under each other everywhere. */
const tabular: TextStyle = { fontVariant: ["tabular-nums", "lining-nums"] };

/** Writing in the margin: it grows less, for its column stays. */
export const InMargin = createContext(false);

const marginScale = 1.2;
const headingScale = 1.3;

/** What a style grows to when the person asks for larger text. What is large already stays; the margin's column stays. */
function scaleOf(as: TypeName, textScale: number, inMargin: boolean): number {
  if (scale[as].fontSize >= 48) return 1;
  if (inMargin) return Math.min(textScale, marginScale);
  switch (as) {
    case "unit":
    case "unitSmall":
    case "countdown":
    case "time":
    case "least":
      return Math.min(textScale, marginScale);
    case "title":
    case "statement":
    case "key":
    case "slabFigure":
      return Math.min(textScale, headingScale);
    default:
      return textScale;
  }
}

/** All text of the app, in one of the look's styles and colours. */
export function Type({ as, color = "ink", align, style, children, ...rest }: TypeProps) {
  const theme = useTheme();
  const base = scale[as];
  const grown = scaleOf(as, theme.textScale, useContext(InMargin));
  return (
    <Text
      {...rest}
      allowFontScaling={false}
      style={[
        base,
        tabular,
        { color: theme.color[color] },
        grown === 1
          ? null
          : { fontSize: base.fontSize * grown, lineHeight: base.lineHeight * grown },
        align === undefined ? null : { textAlign: align },
        style,
      ]}
    >
      {children}
    </Text>
  );
}
