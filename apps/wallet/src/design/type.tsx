import { createContext, useContext, type ReactNode } from "react";
import { Platform, Text, type StyleProp, type TextProps, type TextStyle } from "react-native";
import { type as scale, type ColorRole, type TypeName } from "./tokens.ts";
import { useTheme, type Theme } from "./theme.tsx";

type TypeProps = Omit<TextProps, "style"> & {
  readonly as: TypeName;
  readonly color?: ColorRole;
  readonly align?: "left" | "right" | "center";
  readonly style?: StyleProp<TextStyle>;
  readonly children: ReactNode;
};

/** Figures of one width, so that columns line up. */
const tabular: TextStyle = { fontVariant: ["tabular-nums", "lining-nums"] };

/** Styles whose lines are made equally long. Other text only avoids a single word on its last line. */
const balanced: ReadonlySet<TypeName> = new Set(["statement", "title", "payee", "action"]);
/** CSS for browsers. React Native's types do not have these properties. */
const wraps: Readonly<Record<"even" | "pretty", object>> = {
  even: { textWrap: "balance" },
  pretty: { textWrap: "pretty" },
};

/** True inside the margin, where text grows less, because the column has a fixed width. */
export const InMargin = createContext(false);

const marginScale = 1.2;
const countdownScale = 1.05;
const headingScale = 1.3;
/** Below this window width, in dp, headings do not grow. */
const narrow = 340;
/** Scale of statements on a narrow page, so that a short sentence fits on one line. */
const narrowStatement = 0.9;

/**
 * The factor by which a style grows at the chosen text scale. Large figures do not grow, and text in the margin's
 * column grows little.
 */
function scaleOf(as: TypeName, { textScale, width }: Theme, inMargin: boolean): number {
  if (scale[as].fontSize >= 48) return 1;
  const inColumn = Math.min(textScale, width < narrow ? 1 : marginScale);
  // Minutes and seconds already fill the margin.
  if (as === "countdown") return Math.min(inColumn, countdownScale);
  if (inMargin) return inColumn;
  switch (as) {
    case "unit":
    case "unitSmall":
    case "time":
    case "smallest":
      return inColumn;
    case "statement":
      return width < narrow ? narrowStatement : Math.min(textScale, headingScale);
    case "title":
    case "key":
    case "buttonFigure":
      return Math.min(textScale, width < narrow ? 1 : headingScale);
    default:
      return textScale;
  }
}

/** From this text scale on, a word can be longer than the column. */
const hyphensFrom = 1.3;
const longWord = /(?<!\p{L})\p{L}\p{Ll}{9,}(?!\p{L})/gu;

/**
 * Inserts soft hyphens into a Swahili word. Syllables end in a vowel, so it may break after any vowel that is not near
 * its ends.
 */
function hyphenated(word: string): string {
  return word.replaceAll(/(?<=\p{L}{2}[aeiou])(?=[^aeiou\W]{1,3}[aeiou]\p{L})/giu, "\u00AD");
}

/** Prevents line breaks inside “M-Pesa”, an amount with its unit, and a phone number. */
function withoutBadBreaks(text: string): string {
  return text
    .replaceAll("M-Pesa", "M-\u2060Pesa")
    .replaceAll(/(?<=\bKES) (?=\d)|(?<=[\d•]{2}) (?=[\d•]{3}(?![\d•]))/gu, "\u00A0");
}

function prepared(children: ReactNode, hyphens: boolean): ReactNode {
  if (Array.isArray(children)) return children.map((child: ReactNode) => prepared(child, hyphens));
  if (typeof children !== "string") return children;
  return withoutBadBreaks(hyphens ? children.replaceAll(longWord, hyphenated) : children);
}

/** Text in one of the design's styles and colours. All text of the app uses it. */
export function Type({ as, color = "ink", align, style, children, ...rest }: TypeProps) {
  const theme = useTheme();
  const base = scale[as];
  const grown = scaleOf(as, theme, useContext(InMargin));
  const even = balanced.has(as);
  return (
    <Text
      textBreakStrategy={even ? "balanced" : "highQuality"}
      {...rest}
      allowFontScaling={false}
      style={[
        base,
        tabular,
        Platform.OS === "web" ? wraps[even ? "even" : "pretty"] : null,
        { color: theme.color[color] },
        grown === 1
          ? null
          : { fontSize: base.fontSize * grown, lineHeight: base.lineHeight * grown },
        align === undefined ? null : { textAlign: align },
        style,
      ]}
    >
      {prepared(children, theme.language === "sw" && theme.textScale >= hyphensFrom)}
    </Text>
  );
}
