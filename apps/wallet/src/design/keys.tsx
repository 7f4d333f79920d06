import { StyleSheet, View, useWindowDimensions } from "react-native";
import { Icon } from "./icon.tsx";
import { Pressable } from "./pressable.tsx";
import { MarginAndLine, Rule } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { size } from "./tokens.ts";
import { Type } from "./type.tsx";

type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "erase" | "extra";

/** Below this window height, in dp, the keys are as low as the quick amounts. */
const shortWindowHeight = 690;

type KeysProps = {
  readonly onKey: (key: Key) => void;
  readonly eraseLabel: string;
  /** The key left of 0: a decimal point, or the fingerprint. */
  readonly extra?: { readonly label: string; readonly text?: string };
  readonly off?: boolean;
  /** Prefix of every key's test id, followed by a dot and the key. */
  readonly testID?: string;
};

const layout: readonly (readonly Key[])[] = [
  ["1", "2", "3"],
  ["4", "5", "6"],
  ["7", "8", "9"],
  ["extra", "0", "erase"],
];

/** The number keys, the only centred element of a page. */
export function Keys({ onKey, eraseLabel, extra, off = false, testID = "key" }: KeysProps) {
  const { color } = useTheme();
  // On a short phone the page above needs the height more than the keys do.
  const height = useWindowDimensions().height < shortWindowHeight ? size.chip : size.key;
  return (
    <View style={{ backgroundColor: color.page }}>
      <Rule kind="ink" />
      {layout.map((row, rowIndex) => (
        <View
          key={row.join("")}
          style={[
            styles.row,
            rowIndex === 0 ? null : { borderTopWidth: 1, borderTopColor: color.hairline },
          ]}
        >
          {row.map((key, index) => {
            const border =
              index === 0 ? null : { borderLeftWidth: 1, borderLeftColor: color.hairline };
            if (key === "extra" && extra === undefined)
              return <View key={key} style={[styles.key, { height }, border]} />;
            return (
              <Pressable
                key={key}
                onPress={() => {
                  onKey(key);
                }}
                disabled={off}
                accessibilityRole="button"
                accessibilityLabel={
                  key === "erase" ? eraseLabel : key === "extra" ? extra?.label : key
                }
                testID={`${testID}.${key}`}
                style={[styles.key, { height }, border]}
              >
                {key === "erase" ? (
                  <Icon name="erase" color={off ? "ink2" : "ink"} />
                ) : key === "extra" && extra?.text === undefined ? (
                  <Icon name="finger" color={off ? "ink2" : "ink"} />
                ) : (
                  <Type as="key" color={off ? "ink2" : "ink"}>
                    {key === "extra" ? extra?.text : key}
                  </Type>
                )}
              </Pressable>
            );
          })}
        </View>
      ))}
    </View>
  );
}

type QuickAmountsProps = {
  readonly amounts: readonly { readonly key: string; readonly label: string }[];
  readonly chosen?: string;
  readonly onChoose: (key: string) => void;
  /** Accessibility label, where a page has more than one choice. */
  readonly label?: string;
  readonly testID?: string;
};

/** A row of amounts above the keys; one of them can be chosen. */
export function QuickAmounts({
  amounts,
  chosen,
  onChoose,
  label,
  testID = "quick",
}: QuickAmountsProps) {
  const { color, grid } = useTheme();
  return (
    <View>
      <MarginAndLine />
      <View style={{ marginLeft: grid.margin + 1 }}>
        <View style={{ height: 1, backgroundColor: color.hairline }} />
        <View style={styles.row} role="radiogroup" aria-label={label}>
          {amounts.map((amount, index) => (
            <Pressable
              key={amount.key}
              onPress={() => {
                onChoose(amount.key);
              }}
              role="radio"
              aria-checked={amount.key === chosen}
              testID={`${testID}.${amount.key}`}
              style={[
                styles.chip,
                index === 0 ? null : { borderLeftWidth: 1, borderLeftColor: color.hairline },
                { backgroundColor: amount.key === chosen ? color.ink : "transparent" },
              ]}
            >
              <Type as="unit" color={amount.key === chosen ? "page" : "ink"}>
                {amount.label}
              </Type>
            </Pressable>
          ))}
        </View>
      </View>
    </View>
  );
}

type PinBoxesProps = { readonly filled: number; readonly length?: number; readonly label: string };

/** Six boxes that fill as digits are typed. Text about them is beside, not inside. */
export function PinBoxes({ filled, length = 6, label }: PinBoxesProps) {
  const { color, grid } = useTheme();
  return (
    <View
      style={[styles.boxes, { paddingLeft: grid.writing }]}
      accessible
      role="progressbar"
      aria-label={label}
      aria-valuenow={filled}
      aria-valuemin={0}
      aria-valuemax={length}
    >
      {Array.from({ length }, (_, box) => (
        <View
          key={box}
          style={[
            styles.box,
            { borderColor: color.ink, backgroundColor: box < filled ? color.ink : "transparent" },
          ]}
        />
      ))}
    </View>
  );
}

const styles = StyleSheet.create({
  row: { flexDirection: "row" },
  key: { flex: 1, alignItems: "center", justifyContent: "center" },
  chip: { flex: 1, minHeight: size.chip, alignItems: "center", justifyContent: "center" },
  boxes: { flexDirection: "row", gap: 16 },
  box: { width: 20, height: 20, borderWidth: 2 },
});
