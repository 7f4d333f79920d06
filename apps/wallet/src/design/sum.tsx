import { useId } from "react";
import { StyleSheet, View } from "react-native";
import { Pressable } from "./pressable.tsx";
import { useTheme } from "./theme.tsx";
import { Type } from "./type.tsx";
import { type, type TypeName } from "./tokens.ts";

type SumProps = {
  readonly label: string;
  /** Formatted, for example `18,420`; null when no price is known. */
  readonly kes: string | null;
  /** Formatted, for example `145,039`. */
  readonly sats: string;
  readonly units: { readonly kes: string; readonly sats: string };
  /** Smaller over a path, a receipt or a code. */
  readonly small?: boolean;
  /** While it is typed, a caret stands behind the figure. */
  readonly typing?: boolean;
  /** Figures become bars of fixed width. */
  readonly hidden?: boolean;
  /** Sats take the large place. */
  readonly satsFirst?: boolean;
  /** Said instead of the figure that is not known, for example `no price since 13:50`. */
  readonly noPrice?: string;
  /** What a press does, for who cannot see that it can be pressed. */
  readonly hint?: string;
  readonly onPress?: () => void;
  readonly onLongPress?: () => void;
  readonly testID?: string;
};

const steps = ["figureXL", "figureL", "figureM", "statement"] as const;
/** The look is drawn for the first width; up to the second a sum grows with its column. */
const drawnWidth = 360;
const maxGrowthWidth = 412;
/** Of the type's size: how wide a digit or letter is set, and a comma, point or blank. */
const wide = 0.46;
const thin = 0.23;

function widthOf(figure: string, size: number): number {
  const thins = figure.replaceAll(/[^., ]/gu, "").length;
  return size * (wide * (figure.length - thins) + thin * thins);
}

type FigureSize = {
  readonly as: TypeName;
  readonly fontSize: number;
  readonly lineHeight: number;
  readonly letterSpacing: number;
};

function sized(as: (typeof steps)[number], growth: number): FigureSize {
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
 * The figures to choose from, largest first: 84 (96 on a wide phone), then 64, 48, 34; one step down over a path or
 * with large text.
 */
function figureSizes(from: number, width: number): readonly FigureSize[] {
  const growth = Math.min(Math.max(width, drawnWidth), maxGrowthWidth) / drawnWidth;
  const fixed = steps.map((as) => sized(as, 1));
  const first = sized(steps[from] ?? "statement", growth);
  return [first, ...fixed.filter(({ fontSize }) => fontSize < first.fontSize)];
}

/** The sum: unit in the margin, figure on the same baseline, the other unit below. */
export function Sum(props: SumProps) {
  const { kes, sats, units, label, small = false, typing = false, hidden = false } = props;
  const { color, grid, largeText, width } = useTheme();
  const satsFirst = props.satsFirst === true || kes === null;
  const large = satsFirst ? sats : (kes ?? "");
  const lesser = satsFirst ? (kes ?? props.noPrice ?? "") : sats;
  const room = width - grid.writing - grid.edge + figureInset - (typing ? caretRoom : 0);
  const sizes = figureSizes((small ? 1 : 0) + (largeText ? 1 : 0), width);
  const fit = sizes.find(({ fontSize }) => widthOf(large, fontSize) <= room) ?? sizes.at(-1);
  const { as: style, ...figure } = fit ?? sized("statement", 1);
  const unit = satsFirst ? units.sats : units.kes;
  const lesserUnit = satsFirst ? units.kes : units.sats;
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
          <View style={[styles.hiddenRoom, { height: sizes[0]?.lineHeight }]}>
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
      {lesser === "" && !hidden ? null : (
        <View style={styles.line}>
          <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
            <Type as="unitSmall" color="ink2">
              {lesserUnit}
            </Type>
          </View>
          {hidden ? (
            <View style={[styles.lesserBar, { backgroundColor: color.ink2 }]} />
          ) : (
            <Type as="sats" color="ink2">
              {lesser}
            </Type>
          )}
        </View>
      )}
    </View>
  );
  if (props.onPress === undefined && props.onLongPress === undefined) return content;
  // React Native has the hint; browsers have text that describes.
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
      <View nativeID={hintId} style={styles.unseen}>
        <Type as="smallest">{props.hint ?? ""}</Type>
      </View>
    </>
  );
}

/** A large figure's own white left of it. */
const figureInset = 3;
const caretRoom = 15;
const caretHeight = 0.69;

const styles = StyleSheet.create({
  unseen: { display: "none" },
  sum: { paddingTop: 4, paddingBottom: 14 },
  line: { flexDirection: "row", alignItems: "baseline" },
  figure: { marginLeft: -figureInset, flexShrink: 1 },
  hiddenRoom: { justifyContent: "center" },
  bar: { width: 148, height: 4 },
  lesserBar: { width: 72, height: 2, marginVertical: 12 },
  caret: { width: 7, borderWidth: 1.5, marginLeft: 8, alignSelf: "center" },
});
