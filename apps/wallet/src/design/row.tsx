import type { ReactNode } from "react";
import { StyleSheet, View, type StyleProp, type ViewStyle } from "react-native";
import { size } from "./tokens.ts";
import { useTheme } from "./theme.tsx";
import { InMargin } from "./type.tsx";

type RowProps = {
  /** A time, unit, sign, number or icon; never a sentence. */
  readonly margin?: ReactNode;
  readonly children?: ReactNode;
  /** Aligned to the right edge; below the content with large text. */
  readonly figure?: ReactNode;
  readonly align?: "baseline" | "center" | "flex-start";
  readonly style?: StyleProp<ViewStyle>;
};

/** A row with margin, content and figure, from which most components are built. */
export function Row({ margin, children, figure, align = "baseline", style }: RowProps) {
  const { grid, largeText } = useTheme();
  return (
    <View style={[styles.row, { alignItems: align, paddingRight: grid.edge }, style]}>
      <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
        <InMargin.Provider value>{margin}</InMargin.Provider>
      </View>
      <View style={styles.writing}>
        {children}
        {figure !== undefined && largeText ? <View style={styles.under}>{figure}</View> : null}
      </View>
      {figure === undefined || largeText ? null : <View style={styles.figure}>{figure}</View>}
    </View>
  );
}

type RuleProps = { readonly kind?: "hairline" | "ink"; readonly fromLine?: boolean };

/** A horizontal rule. A hairline passes behind the ink line; an ink rule marks a total or the start of the controls. */
export function Rule({ kind = "hairline", fromLine = false }: RuleProps) {
  const { color, grid } = useTheme();
  if (kind === "ink")
    return (
      <View
        style={{
          height: size.line,
          marginLeft: fromLine ? grid.margin - 1 : 0,
          backgroundColor: color.ink,
        }}
      />
    );
  return (
    <View style={styles.hairline} aria-hidden>
      <View
        style={{
          width: grid.margin - 1,
          backgroundColor: fromLine ? "transparent" : color.hairline,
        }}
      />
      <View style={{ width: size.line }} />
      <View style={[styles.writing, { backgroundColor: color.hairline }]} />
    </View>
  );
}

/** Draws the margin and the ink line behind content in the foot, because the page's own end above it. */
export function MarginAndLine() {
  const { color, grid } = useTheme();
  return (
    <>
      <View style={[styles.margin, { width: grid.margin - 1, backgroundColor: color.margin }]} />
      <View style={[styles.line, { left: grid.margin - 1, backgroundColor: color.ink }]} />
    </>
  );
}

const styles = StyleSheet.create({
  margin: { position: "absolute", top: 0, bottom: 0, left: 0 },
  line: { position: "absolute", top: 0, bottom: 0, width: size.line },
  row: { flexDirection: "row" },
  writing: { flex: 1, minWidth: 0 },
  under: { alignItems: "flex-start" },
  figure: { paddingLeft: 8, alignItems: "flex-end" },
  hairline: { height: size.hairline, flexDirection: "row" },
});
