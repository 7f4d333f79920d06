import { StyleSheet, View } from "react-native";
import { Pressable } from "./pressable.tsx";
import { useTheme } from "./theme.tsx";
import { Type } from "./type.tsx";
import type { TypeName } from "./tokens.ts";

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
  readonly accessibilityLabel?: string;
  readonly onPress?: () => void;
  readonly onLongPress?: () => void;
  readonly testID?: string;
};

/** The largest figure that fits: 84 up to 6 digits, 64 for 7, 48 beyond; one step down over a path or with large text. */
export function figureStyle(figure: string, small: boolean, largeText: boolean): TypeName {
  const digits = figure.replace(/[^0-9]/gu, "").length;
  const steps: readonly TypeName[] = ["figureXL", "figureL", "figureM"];
  const byLength = digits <= 6 ? 0 : digits === 7 ? 1 : 2;
  const step = Math.max(byLength, small ? 1 : 0) + (largeText ? 1 : 0);
  return steps[Math.min(step, 2)] ?? "figureM";
}

/** The sum: unit in the margin, figure on the same baseline, the other unit below. */
export function Sum(props: SumProps) {
  const { kes, sats, units, label, small = false, typing = false, hidden = false } = props;
  const theme = useTheme();
  const { color, grid, largeText } = theme;
  const satsFirst = props.satsFirst === true || kes === null;
  const large = satsFirst ? sats : (kes ?? "");
  const lesser = satsFirst ? (kes ?? props.noPrice ?? "") : sats;
  const style = figureStyle(large, small, largeText);
  const content = (
    <View style={styles.sum} testID={props.onPress === undefined ? props.testID : undefined}>
      <View style={{ paddingLeft: grid.writing, paddingRight: grid.edge }}>
        <Type as="second" color="ink2">
          {label}
        </Type>
      </View>
      <View style={styles.line}>
        <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
          <Type as="unit">{satsFirst ? units.sats : units.kes}</Type>
        </View>
        {hidden ? (
          <View style={styles.hiddenRoom}>
            <View style={[styles.bar, { backgroundColor: color.ink }]} />
          </View>
        ) : (
          <Type as={style} numberOfLines={1} adjustsFontSizeToFit style={styles.figure}>
            {large}
          </Type>
        )}
        {typing ? (
          <View style={[styles.caret, { backgroundColor: color.now, borderColor: color.ink }]} />
        ) : null}
      </View>
      <View style={styles.line}>
        <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
          <Type as="unitSmall" color="ink2">
            {satsFirst ? units.kes : units.sats}
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
    </View>
  );
  if (props.onPress === undefined && props.onLongPress === undefined) return content;
  return (
    <Pressable
      onPress={props.onPress}
      onLongPress={props.onLongPress}
      accessibilityRole="button"
      accessibilityLabel={props.accessibilityLabel}
      pressedColor="transparent"
      testID={props.testID}
    >
      {content}
    </Pressable>
  );
}

const styles = StyleSheet.create({
  sum: { paddingTop: 4, paddingBottom: 14 },
  line: { flexDirection: "row", alignItems: "baseline" },
  figure: { marginLeft: -3, flexShrink: 1 },
  hiddenRoom: { height: 80, justifyContent: "center" },
  bar: { width: 148, height: 4 },
  lesserBar: { width: 72, height: 2, marginVertical: 12 },
  caret: { width: 7, height: 58, borderWidth: 1.5, marginLeft: 8, alignSelf: "center" },
});
