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

/** Figures line up under each other everywhere. */
const tabular: TextStyle = { fontVariant: ["tabular-nums", "lining-nums"] };

/** What is read at a glance breaks into lines of like length; a sentence leaves no single word on its last one. */
const balanced: ReadonlySet<TypeName> = new Set(["statement", "title", "payee", "action"]);
/** Browsers know how by these; React Native's types do not. */
const wraps: Readonly<Record<"even" | "pretty", object>> = {
  even: { textWrap: "balance" },
  pretty: { textWrap: "pretty" },
};

/** Writing in the margin: it grows less, for its column stays. */
export const InMargin = createContext(false);

const marginScale = 1.2;
const countdownScale = 1.05;
const headingScale = 1.3;
/** On a narrow page a heading is as large as it can be already. */
const narrow = 340;
/** There a short sentence of a statement still stands in one line. */
const narrowStatement = 0.9;

/** What a style grows to when the person asks for larger text. What is large already stays; the margin's column stays. */
function scaleOf(as: TypeName, { textScale, width }: Theme, inMargin: boolean): number {
  if (scale[as].fontSize >= 48) return 1;
  const inColumn = Math.min(textScale, width < narrow ? 1 : marginScale);
  // Minutes and seconds fill the margin, or end at a path's node.
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

/** Beyond this size a word can be longer than the writing's column. */
const hyphensFrom = 1.3;
const longWord = /(?<!\p{L})\p{L}\p{Ll}{9,}(?!\p{L})/gu;

/** Swahili's syllables end in a vowel: a long word may be parted after any of them that is not near its ends. */
function parted(word: string): string {
  return word.replaceAll(/(?<=\p{L}{2}[aeiou])(?=[^aeiou\W]{1,3}[aeiou]\p{L})/giu, "\u00AD");
}

/** What is one thing stays in one line: “M-Pesa”, an amount with its unit, a phone number. */
function joined(text: string): string {
  return text
    .replaceAll("M-Pesa", "M-\u2060Pesa")
    .replaceAll(/(?<=\bKES) (?=\d)|(?<=[\d•]{2}) (?=[\d•]{3}(?![\d•]))/gu, "\u00A0");
}

function written(children: ReactNode, hyphens: boolean): ReactNode {
  if (Array.isArray(children)) return children.map((child: ReactNode) => written(child, hyphens));
  if (typeof children !== "string") return children;
  return joined(hyphens ? children.replaceAll(longWord, parted) : children);
}

/** All text of the app, in one of the look's styles and colours. */
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
      {written(children, theme.language === "sw" && theme.textScale >= hyphensFrom)}
    </Text>
  );
}
