import { useId } from "react";
import { StyleSheet, View } from "react-native";
import { Pressable } from "./pressable.tsx";
import { useTheme } from "./theme.tsx";
import { Type } from "./type.tsx";
import { type, type TypeName } from "./tokens.ts";

type AmountProps = {
  readonly label: string;
  /** Formatted, for example `18,420`; null when no price is known. */
  readonly kes: string | null;
  /** Formatted, for example `145,039`. */
  readonly sats: string;
  readonly units: { readonly kes: string; readonly sats: string };
  /** Smaller, above a path, receipt or code. */
  readonly small?: boolean;
  /** Shows a caret behind the figure while it is typed. */
  readonly typing?: boolean;
  /** Replaces the figures by bars of fixed width. */
  readonly hidden?: boolean;
  /** Shows sats as the large figure. */
  readonly satsFirst?: boolean;
  /** Shown instead of an unknown figure, for example `no price since 13:50`. */
  readonly noPrice?: string;
  /** Accessibility hint: what a press does. */
  readonly hint?: string;
  readonly onPress?: () => void;
  readonly onLongPress?: () => void;
  readonly testID?: string;
};

const figureStyles = ["figureXL", "figureL", "figureM", "statement"] as const;
/**
 * Window widths in dp: the design is drawn for `drawnWidth`. From there up to `maxGrowthWidth` the largest figure
 * grows with the window.
 */
const drawnWidth = 360;
const maxGrowthWidth = 412;
/** Widths of a digit or letter, and of a comma, point or space, as a share of the font size. */
const digitWidth = 0.46;
const punctuationWidth = 0.23;

function widthOf(figure: string, size: number): number {
  const narrow = figure.replaceAll(/[^., ]/gu, "").length;
  return size * (digitWidth * (figure.length - narrow) + punctuationWidth * narrow);
}

type FigureSize = {
  readonly as: TypeName;
  readonly fontSize: number;
  readonly lineHeight: number;
  readonly letterSpacing: number;
};

function sized(as: (typeof figureStyles)[number], growth: number): FigureSize {
  const { fontSize, lineHeight, letterSpacing = 0 } = type[as];
  const grown = Math.round(fontSize * growth);
  return {
    as,
    fontSize: grown,
    lineHeight: Math.round(lineHeight * growth),
    letterSpacing: (letterSpacing * grown) / fontSize,
  };
}

/**
 * The font sizes to choose from, in sp, largest first: 84 (96 on a wide phone), 64, 48, 34. One step smaller above a
 * path or with large text.
 */
function figureSizes(from: number, width: number): readonly FigureSize[] {
  const growth = Math.min(Math.max(width, drawnWidth), maxGrowthWidth) / drawnWidth;
  const fixed = figureStyles.map((as) => sized(as, 1));
  const first = sized(figureStyles[from] ?? "statement", growth);
  return [first, ...fixed.filter(({ fontSize }) => fontSize < first.fontSize)];
}

/**
 * An amount in two units: the large figure with its unit in the margin, and the other unit below. The largest font size
 * that fits is used.
 */
export function Amount(props: AmountProps) {
  const { kes, sats, units, label, small = false, typing = false, hidden = false } = props;
  const { color, grid, largeText, width } = useTheme();
  const satsFirst = props.satsFirst === true || kes === null;
  const large = satsFirst ? sats : (kes ?? "");
  const secondary = satsFirst ? (kes ?? props.noPrice ?? "") : sats;
  const availableWidth = width - grid.writing - grid.edge + figureInset - (typing ? caretWidth : 0);
  const sizes = figureSizes((small ? 1 : 0) + (largeText ? 1 : 0), width);
  const fit =
    sizes.find(({ fontSize }) => widthOf(large, fontSize) <= availableWidth) ?? sizes.at(-1);
  const { as: style, ...figure } = fit ?? sized("statement", 1);
  const unit = satsFirst ? units.sats : units.kes;
  const secondaryUnit = satsFirst ? units.kes : units.sats;
  const hintId = useId();
  const content = (
    <View style={styles.sum} testID={props.onPress === undefined ? props.testID : undefined}>
      <View style={{ paddingLeft: grid.writing, paddingRight: grid.edge }}>
        <Type as="second" color="ink2">
          {label}
        </Type>
      </View>
      <View style={styles.line}>
        <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
          <Type as="unit">{unit}</Type>
        </View>
        {hidden ? (
          <View style={[styles.hiddenFigure, { height: sizes[0]?.lineHeight }]}>
            <View style={[styles.bar, { backgroundColor: color.ink }]} />
          </View>
        ) : (
          <Type as={style} numberOfLines={1} style={[styles.figure, figure]}>
            {large}
          </Type>
        )}
        {typing ? (
          <View
            style={[
              styles.caret,
              {
                height: figure.fontSize * caretHeight,
                backgroundColor: color.now,
                borderColor: color.ink,
              },
            ]}
          />
        ) : null}
      </View>
      {secondary === "" && !hidden ? null : (
        <View style={styles.line}>
          <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
            <Type as="unitSmall" color="ink2">
              {secondaryUnit}
            </Type>
          </View>
          {hidden ? (
            <View style={[styles.secondaryBar, { backgroundColor: color.ink2 }]} />
          ) : (
            <Type as="sats" color="ink2">
              {secondary}
            </Type>
          )}
        </View>
      )}
    </View>
  );
  if (props.onPress === undefined && props.onLongPress === undefined) return content;
  // React Native supports the hint; browsers use a describing element.
  const described: object = props.hint === undefined ? {} : { "aria-describedby": hintId };
  return (
    <>
      <Pressable
        onPress={props.onPress}
        onLongPress={props.onLongPress}
        role="button"
        accessibilityHint={props.hint}
        {...described}
        pressedColor="transparent"
        testID={props.testID}
      >
        {content}
      </Pressable>
      <View nativeID={hintId} style={styles.invisible}>
        <Type as="smallest">{props.hint ?? ""}</Type>
      </View>
    </>
  );
}

/** White space at the left of a large glyph, in dp. */
const figureInset = 3;
const caretWidth = 15;
const caretHeight = 0.69;

const styles = StyleSheet.create({
  invisible: { display: "none" },
  sum: { paddingTop: 4, paddingBottom: 14 },
  line: { flexDirection: "row", alignItems: "baseline" },
  figure: { marginLeft: -figureInset, flexShrink: 1 },
  hiddenFigure: { justifyContent: "center" },
  bar: { width: 148, height: 4 },
  secondaryBar: { width: 72, height: 2, marginVertical: 12 },
  caret: { width: 7, borderWidth: 1.5, marginLeft: 8, alignSelf: "center" },
});
